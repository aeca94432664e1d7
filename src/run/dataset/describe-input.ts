import type { IndexSource } from '../../inputs/file/index-file.ts';
import { fingerprintFile } from '../index/fingerprint.ts';
import type { ManifestInput } from './manifest.ts';

/** An input as the manifest records it. */
export async function describeInput({ name, path }: IndexSource): Promise<ManifestInput> {
  return path === null
    ? { name, bytes: null, fingerprint: null }
    : { name, ...(await fingerprintFile(path)) };
}
