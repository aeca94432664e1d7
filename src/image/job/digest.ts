import { createHash } from 'node:crypto';
import type { Hash } from '../../core/choices.ts';

/** Lower-case hexadecimal digest; null if no hash is requested. */
export function digest(bytes: Uint8Array, hash: Hash | null): string | null {
  return hash && createHash(hash).update(bytes).digest('hex');
}
