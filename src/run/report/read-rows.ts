import { oneLine } from '../../core/errors.ts';
import { type FailureCode, isFailureCode } from '../../core/failures.ts';
import { RESERVED_COLUMNS } from '../../core/reserved-columns.ts';
import { isImageColumn } from '../../output/read/image-column.ts';
import { MetadataReader, type Scalar, type WantedValue } from '../../output/read/stored-rows.ts';
import type { Store } from '../../output/store/store.ts';
import { shardFileName } from '../../shards/files.ts';
import { urlHost } from '../../util/text/url-host.ts';
import { FailureNotes } from '../engine/failure-notes.ts';
import { type Distribution, Distributions } from './distributions.ts';
import type { FinishedShard } from './finished-shards.ts';
import { HostCounter, type HostLists } from './host-figures.ts';

/** An image that was chosen for the contact sheet, without its bytes. */
export interface ChosenSample {
  readonly shard: FinishedShard;
  readonly key: string;
  readonly subfolder: string | null;
  readonly url: string | null;
  readonly caption: string | null;
  readonly originalWidth: number | null;
  readonly originalHeight: number | null;
}

/** What the metadata of all shards say. */
export interface RowFigures {
  readonly distributions: readonly Distribution[];
  readonly hosts: HostLists;
  /** A URL for each failure. */
  readonly examples: ReadonlyMap<FailureCode, string>;
  readonly chosen: readonly ChosenSample[];
  /** Columns that the index had, by the metadata of the first shard. */
  readonly columns: readonly string[];
  /** Why metadata were not read, or differ from the statistics. */
  readonly problems: readonly string[];
}

const HOSTS_IN_LIST = 10;
/** Longer captions are cut in the report anyway. */
const CAPTION_CHARACTERS = 400;

const VALUES = [
  { column: 'url' },
  { column: 'status' },
  { column: 'failure_code' },
  { column: 'bytes' },
  { column: 'key' },
  { column: 'subfolder' },
  { column: 'original_width' },
  { column: 'original_height' },
  { column: 'width' },
  { column: 'height' },
  { column: 'mime_type' },
  { column: 'caption', sql: (name) => `left(${name}, ${CAPTION_CHARACTERS})` },
  { column: 'caption', sql: (name) => `length(${name})` },
] as const satisfies readonly WantedValue[];

/**
 * Reads the metadata of finished shards once, in bounded memory. `chosen`: for the name of a shard, the positions among
 * its images of those that are wanted.
 */
export async function readRows(
  store: Store,
  shards: readonly FinishedShard[],
  chosen: ReadonlyMap<string, ReadonlySet<number>>,
): Promise<RowFigures> {
  const figures = new Figures();
  const problems: string[] = [];
  const columns = new Set<string>();
  const reader = await MetadataReader.open();
  try {
    for (const shard of shards) {
      const file = shardFileName(shard.name, 'parquet');
      if (!shard.hasMetadata) {
        problems.push(`'${file}' is missing`);
        continue;
      }
      try {
        const path = await store.localPath(file);
        if (columns.size === 0) for (const name of await reader.columnNames(path)) columns.add(name);
        const problem = await readShard(reader, path, shard, { figures, chosen: chosen.get(shard.name) });
        if (problem !== null) problems.push(`'${file}': ${problem}`);
      } catch (error) {
        problems.push(`'${file}' cannot be read: ${oneLine(error)}`);
      }
    }
  } finally {
    reader.close();
  }
  return {
    distributions: figures.distributions.result(columns.has('caption')),
    hosts: figures.hosts.lists(HOSTS_IN_LIST),
    examples: figures.notes.examples,
    chosen: figures.chosen,
    columns: [...columns].filter((name) => !RESERVED_COLUMNS.has(name) && !isImageColumn(name)),
    problems,
  };
}

class Figures {
  readonly distributions = new Distributions();
  readonly hosts = new HostCounter();
  readonly notes = new FailureNotes();
  readonly chosen: ChosenSample[] = [];
}

async function readShard(
  reader: MetadataReader,
  path: string,
  shard: FinishedShard,
  { figures, chosen }: { figures: Figures; chosen: ReadonlySet<number> | undefined },
): Promise<string | null> {
  let rows = 0;
  let images = 0;
  for await (const batch of reader.values(path, VALUES)) {
    rows += batch.length;
    for (const values of batch) {
      const [urlValue, status, code, bytes] = values;
      const url = typeof urlValue === 'string' ? urlValue : null;
      const host = url === null ? null : urlHost(url);
      const size = Number(bytes ?? 0);
      if (status !== 'success') {
        const failure = typeof code === 'string' && isFailureCode(code) ? code : null;
        if (failure === null) continue;
        figures.notes.add(failure, url);
        if (host !== null) figures.hosts.add(host, failure, size);
        continue;
      }
      if (host !== null) figures.hosts.add(host, null, size);
      const sample = sampleOf(values);
      figures.distributions.add(sample);
      if (chosen?.has(images)) figures.chosen.push({ ...sample, shard, url });
      images += 1;
    }
  }
  if (rows === shard.rows && images === shard.successes) return null;
  return `it has ${images} images in ${rows} rows, but the statistics say ${shard.successes} in ${shard.rows}`;
}

/** The facts of an image, by the places of `VALUES`. */
function sampleOf(values: readonly Scalar[]) {
  const [, , , bytes, key, subfolder, originalWidth, originalHeight, width, height, mimeType] = values;
  const [caption = null, captionLength = null] = values.slice(-2);
  return {
    key: String(key),
    subfolder: textOrNull(subfolder),
    originalWidth: numberOrNull(originalWidth),
    originalHeight: numberOrNull(originalHeight),
    width: numberOrNull(width),
    height: numberOrNull(height),
    bytes: numberOrNull(bytes),
    mimeType: textOrNull(mimeType),
    caption: textOrNull(caption),
    captionLength: captionLength === null ? null : Number(captionLength) || null,
  };
}

const numberOrNull = (value: Scalar | undefined): number | null =>
  value === null || value === undefined ? null : Number(value);
const textOrNull = (value: Scalar | undefined): string | null => (typeof value === 'string' ? value : null);
