import type { Options } from '../../config/resolve.ts';
import { UserError, usageError } from '../../core/errors.ts';
import type { IndexSource } from '../../inputs/file/index-file.ts';
import type { Manifest, ManifestRun } from '../dataset/manifest.ts';
import { findIndexFiles } from '../index/files/find-index-files.ts';
import { fingerprintSource } from '../index/files/fingerprint.ts';

/** The files of a run's index, or the reason why they are not available. */
export type FoundIndex = readonly IndexSource[] | string;

/**
 * Finds the index of each run among the files that `patterns` name or, without patterns, at its path in the manifest. A
 * file is identified by its size and fingerprint, not by its name. Throws a UserError if no run used a named file.
 */
export async function findIndexes(
  { runs }: Manifest,
  patterns: readonly string[] | null,
  options: Options,
): Promise<readonly FoundIndex[]> {
  const find = (names: readonly string[]): Promise<IndexSource[]> => findIndexFiles(names, options);
  if (patterns === null) {
    return Promise.all(runs.map((run) => atRecordedPaths(run, find)));
  }
  const named = await Promise.all((await find(patterns)).map(fingerprinted));
  const known = new Set(runs.flatMap(({ inputs }) => inputs.map(({ fingerprint }) => fingerprint)));
  const stranger = named.find(({ fingerprint }) => !known.has(fingerprint));
  if (stranger !== undefined) {
    const what = `Cannot compare with '${stranger.source.name}': no run of the dataset used an index with this content`;
    throw usageError(`${what}; name the very files that it was made from`);
  }
  return runs.map(({ inputs }) => {
    const sources: IndexSource[] = [];
    for (const { name, fingerprint } of inputs) {
      const found = named.find((file) => file.fingerprint === fingerprint);
      if (found === undefined) return `'${name}' is not among the files of --index`;
      sources.push(found.source);
    }
    return sources;
  });
}

async function atRecordedPaths(
  { inputs, merged }: ManifestRun,
  find: (names: readonly string[]) => Promise<IndexSource[]>,
): Promise<FoundIndex> {
  if (inputs.length === 0) {
    return merged === undefined
      ? 'the dataset was adopted without it'
      : 'its rows are in other shards since the merger';
  }
  const sources: IndexSource[] = [];
  for (const { name, fingerprint } of inputs) {
    if (fingerprint === null) return 'it came from standard input';
    const found = await find([name]).catch((error: unknown) => {
      if (error instanceof UserError) return [];
      throw error;
    });
    const [source] = found;
    if (source === undefined || found.length > 1) return `'${name}' is not there; name it with --index`;
    if ((await fingerprinted(source)).fingerprint !== fingerprint) return `'${name}' has changed`;
    sources.push(source);
  }
  return sources;
}

async function fingerprinted(
  source: IndexSource,
): Promise<{ source: IndexSource; fingerprint: string | null }> {
  return { source, fingerprint: (await fingerprintSource(source)).fingerprint };
}
