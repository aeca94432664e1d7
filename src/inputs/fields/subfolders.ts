import { cutToBytes } from '../../core/text-limits.ts';

const MAX_BYTES = 100;
/** Names that Windows reserves, with any extension. */
const DEVICE = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;

/**
 * The name of a folder for a value: characters that folders cannot have everywhere become `_`, as do dots at its ends and
 * spaces at its end, so that the folder is never hidden nor outside. A row without a value gets the folder `_`.
 */
export function readSubfolder(value: string | null): string {
  const text = (value ?? '')
    .normalize('NFC')
    .trim()
    .replace(/[\p{C}\p{Zl}\p{Zp}/\\:*?"<>|]/gu, '_');
  const name = cutToBytes(text.replace(/^\.+/, underscores), MAX_BYTES).replace(/[. ]+$/, underscores);
  return name === '' || DEVICE.test(name) ? `_${name}` : name;
}

const underscores = (characters: string): string => '_'.repeat(characters.length);
