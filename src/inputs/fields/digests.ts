import type { Hash } from '../../core/choices.ts';
import type { Value } from '../../core/columns.ts';

const BYTES: Readonly<Record<Hash, number>> = { md5: 16, sha256: 32, sha512: 64 };

/**
 * Reads a digest that is written as hexadecimal digits, as base64 (with or without padding, also the form for URLs) or
 * as bytes.
 *
 * @returns lower-case hexadecimal digits; null where the row has no digest, which no body can match; undefined where the value is no digest of
 * this type
 */
export function readDigest(value: Value, algorithm: Hash): string | null | undefined {
  if (value === null) return null;
  if (value instanceof Uint8Array && value.length === BYTES[algorithm])
    return Buffer.from(value).toString('hex');
  const text = (value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : String(value)).trim();
  if (text === '') return null;
  if (/^[0-9a-f]+$/i.test(text) && text.length === 2 * BYTES[algorithm]) return text.toLowerCase();
  if (!/^[A-Za-z0-9+/_-]+={0,2}$/.test(text)) return undefined;
  const bytes = Buffer.from(text, 'base64');
  return bytes.length === BYTES[algorithm] ? bytes.toString('hex') : undefined;
}
