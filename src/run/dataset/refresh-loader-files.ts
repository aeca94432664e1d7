import { basename } from 'node:path';
import type { OutputFormat } from '../../core/choices.ts';
import {
  type DatasetFacts,
  type RunFacts,
  readDatasetFacts,
} from '../../output/loader-files/dataset-facts.ts';
import { writeDatasetFiles } from '../../output/loader-files/written-files.ts';
import { openStore } from '../../output/store/open-store.ts';
import { type Manifest, type ManifestRun, readManifest } from './manifest.ts';

/**
 * Makes the files that describe a dataset to loaders agree with its finished shards, if a run of the dataset has loader
 * files. Returns the names of the files that it wrote. `onNotice` hears of those that somebody else wrote or edited.
 */
export async function refreshLoaderFiles(
  output: string,
  onNotice: (message: string) => void,
): Promise<readonly string[]> {
  const facts = await loaderFacts(output, await readManifest(output));
  if (facts === null) return [];
  const { written, left } = await writeDatasetFiles(openStore(output), facts);
  for (const name of left) {
    onNotice(
      `'${name}' was written or edited by somebody else, so it was left as it is and may be out of date`,
    );
  }
  return written;
}

/** The facts that the files for loaders are made from; null if the dataset has none. */
export async function loaderFacts(output: string, manifest: Manifest | null): Promise<DatasetFacts | null> {
  if (manifest?.runs.some((run) => hasLoaderFiles(run) || isMds(run)) !== true) return null;
  const facts = await readDatasetFacts(openStore(output), manifest.runs.map(runFacts));
  // Without files for loaders, there is the list alone.
  const isListOnly = !manifest.runs.some(hasLoaderFiles);
  return facts && isListOnly ? { ...facts, format: 'mds', shards: facts.mds } : facts;
}

export const hasLoaderFiles = ({ options }: ManifestRun): boolean => options['loader-files'] === true;

/** The list of its files is a part of MDS. */
const isMds = ({ options }: ManifestRun): boolean => options['output-format'] === 'mds';

/** Any of these, if images keep their format. */
const ORIGINAL_EXTENSIONS = ['avif', 'gif', 'jpg', 'png', 'webp'];

function runFacts({ firstShard, inputs, options, adopted }: ManifestRun): RunFacts {
  const encoding = String(options['encode-format']);
  return {
    firstShard,
    format: options['output-format'] as OutputFormat,
    index: inputs.map(({ name }) => basename(name)),
    encodeFormat: encoding,
    extensions: encoding === 'original' ? ORIGINAL_EXTENSIONS : [encoding],
    policy: adopted === undefined && typeof options['rights'] === 'string' ? options['rights'] : null,
  };
}
