import { createHash } from 'node:crypto';
import type { Store } from '../store/store.ts';

/** The SHA-256 of a file in lower-case hexadecimal. */
export async function sha256Of(store: Store, name: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of store.stream(name)) hash.update(piece);
  return hash.digest('hex');
}
