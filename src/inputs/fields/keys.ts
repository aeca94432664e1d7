import type { KeyFailure, SampleKey } from '../../core/samples.ts';

/** A tar's header has 100 bytes for a name, and the longest extension is `.json`. */
const MAX_KEY_CHARACTERS = 95;
/** Names that Windows reserves, with any extension. */
const DEVICE = /^(con|prn|aux|nul|com\d|lpt\d)$/i;

/**
 * Reads the name of a sample, with `prefix` before it. It has to be a file name on every system, one that fits into a tar,
 * and without a dot, because webdataset takes what follows the first dot for the extension.
 */
export function readKey(
  value: string | null,
  prefix: string,
): { readonly key: SampleKey } | { readonly keyFailure: KeyFailure } {
  const key = prefix + (value ?? '');
  const problem = value === null || value === '' ? 'it is empty' : keyProblem(key);
  if (problem === null) return { key: key as SampleKey };
  const remedy = "name a column of short names of letters, digits, '-' and '_'";
  return { keyFailure: { code: 'key_invalid', message: `the key cannot name files: ${problem}; ${remedy}` } };
}

/** Why files cannot have this name before their extensions; null if they can. */
function keyProblem(key: string): string | null {
  if (key.length > MAX_KEY_CHARACTERS) return `it is longer than ${MAX_KEY_CHARACTERS} characters`;
  if (key.includes('.')) return 'it has a dot, where webdataset ends a key';
  if (/[/\\]/.test(key)) return 'it has a slash';
  if (!/^[\x20-\x7e]*$/.test(key)) return 'it has characters other than those of ASCII';
  if (/[:*?"<>|]/.test(key)) return 'it has a character that file names cannot have everywhere';
  if (key !== key.trim()) return 'it begins or ends with a space';
  return DEVICE.test(key) ? 'it is the name of a device' : null;
}
