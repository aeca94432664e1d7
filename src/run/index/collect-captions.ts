import { join } from 'node:path';
import { usageError } from '../../core/errors.ts';
import { writeError } from '../../output/store/write-error.ts';
import type { Digest } from '../../util/hash-table.ts';
import { type AssignOptions, assignShards } from './assign-shards.ts';
import { MergedCaptions } from './merged-captions.ts';

interface CaptionsPlan
  extends Pick<AssignOptions, 'options' | 'index' | 'firstShard' | 'signal' | 'onNotice'> {
  /** Folder for the file of captions. */
  readonly folder: string;
}

/**
 * Reads the index once, before any row is fetched, for the captions of rows that repeat a URL; null unless they are merged
 * (`--duplicates merge`).
 */
export async function collectCaptions(plan: CaptionsPlan): Promise<MergedCaptions | null> {
  const { options, index, folder, onNotice } = plan;
  if (options.dedupe !== 'url' || options.duplicates !== 'merge') return null;
  const captions = openIn(folder);
  const keep = (digest: Digest, caption: string): boolean => {
    try {
      return captions.add(digest, caption);
    } catch (error) {
      throw writeError(folder, error, 0);
    }
  };
  let leftOut = 0;
  try {
    const files = index.files.map((file) => ({ ...file, choice: { ...file.choice, extra: [] } }));
    const reading = assignShards({
      ...plan,
      index: { ...index, files },
      done: new Set(),
      onNotice: () => {},
      onDropped: () => {},
      onRepeat: (digest, { caption }) => {
        if (caption !== null && !keep(digest, caption)) leftOut += 1;
      },
    });
    for (let next = await reading.next(); !next.done; ) next = await reading.next();
  } catch (error) {
    captions.close();
    throw error;
  }
  if (leftOut > 0) onNotice(`${leftOut} captions beyond 256 KiB for one image stay with their own rows only`);
  return captions;
}

/** Throws a UserError if captions are to be merged and there are none, or the index cannot be read twice. */
export function refuseUnmergeable({ options, index }: Pick<AssignOptions, 'options' | 'index'>): void {
  if (options.dedupe !== 'url' || options.duplicates !== 'merge') return;
  const fail = (reason: string): Error => usageError(`Cannot merge the captions of duplicates: ${reason}`);
  if (!index.caption) throw fail('the index has no captions; name their column with --caption-col');
  const stream = index.files.find(({ opened }) => opened !== null);
  if (stream === undefined) return;
  throw fail(`'${stream.source.name}' can be read only once, and they are read first; save it to a file`);
}

function openIn(folder: string): MergedCaptions {
  try {
    return new MergedCaptions(join(folder, 'captions'));
  } catch (error) {
    throw writeError(folder, error, 0);
  }
}
