import type { IndexSource } from '../../inputs/file/index-file.ts';
import { fingerprintSource } from '../index/files/fingerprint.ts';
import type { ManifestInput } from './manifest.ts';

/** An input as the manifest records it. */
export async function describeInput(source: IndexSource): Promise<ManifestInput> {
  return { name: source.name, ...(await fingerprintSource(source)) };
}
