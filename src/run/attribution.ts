import type { Options } from '../config/resolve.ts';
import { usageError } from '../core/errors.ts';
import { openStore } from '../output/store/open-store.ts';
import { lockOutput } from './dataset/lock/lock-output.ts';
import { type Manifest, readManifest } from './dataset/manifest.ts';
import { refreshLoaderFiles } from './dataset/refresh-loader-files.ts';
import { writeAttribution } from './rights/attribution-files.ts';

export interface AttributionRequest {
  readonly output: string;
  readonly options: Options;
  readonly onNotice: (message: string) => void;
}

export interface Attributed {
  readonly output: string;
  readonly images: number;
  /** Images whose creator, and whose licence, is known. */
  readonly creators: number;
  readonly licences: number;
}

/**
 * Writes who made the images of a dataset and under which licence, by the columns of the index and by the metadata in the
 * images: `ATTRIBUTION.parquet` with a row for each image, `ATTRIBUTION.md` by licence and creator, and what the card says
 * about rights. Reads the metadata only, in the order of the index, so that the same dataset gives the same files. Throws a
 * UserError if there is no dataset, or if nobody is named anywhere.
 */
export async function attribution({ output, options, onNotice }: AttributionRequest): Promise<Attributed> {
  await readFinished(output);
  const unlock = await lockOutput(output);
  try {
    const store = openStore(output);
    await store.recover();
    const { images, licensed, credited, isSaid } = await writeAttribution(
      output,
      await readFinished(output),
      options,
    );
    if (!isSaid) {
      const expected = 'expected columns of its index such as author, creator, license or license_url';
      throw usageError(
        `Cannot list who made '${output}': ${expected}, or images with metadata that say it; found neither`,
      );
    }
    await refreshLoaderFiles(output, onNotice);
    await store.recover();
    return { output, images, creators: credited, licences: licensed };
  } finally {
    await unlock();
  }
}

async function readFinished(output: string): Promise<Manifest> {
  const manifest = await readManifest(output);
  if (manifest !== null) return manifest;
  throw usageError(`Cannot list who made '${output}': there is no manifest of a dataset`);
}
