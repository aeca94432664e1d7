import { oneLine } from '../../core/errors.ts';
import type { SampleKind } from '../../shards/files.ts';
import { BoundedWork } from '../../util/bounded-work.ts';
import { hasSignature, isImageExtension } from '../read/signatures.ts';
import type { Scalar, StoredRow } from '../read/stored-rows.ts';
import type { StoredSample } from '../read/stored-samples.ts';
import type { RecordValue } from '../read/tf-example.ts';
import type { FindingList } from './findings.ts';

/** Members of a sample beside its image, by the file that holds the samples. */
const OTHER_MEMBERS = {
  tar: ['json', 'txt'],
  folder: ['json', 'txt'],
  tfrecord: ['txt'],
  mds: ['json', 'txt'],
  parquet: [],
} as const satisfies Record<SampleKind | 'parquet', readonly string[]>;

export interface SamplesToVerify {
  readonly kind: keyof typeof OTHER_MEMBERS;
  readonly rows: AsyncIterable<StoredRow>;
  /** Samples of the successful rows, which should be in the same order. */
  readonly samples: AsyncIterable<StoredSample>;
  /** Whether the sample of a key comes before that of another. What does not belong to the shard comes before all others. */
  readonly precedes: (stored: string, key: string) => boolean;
  /** Names of the files, for the findings. */
  readonly dataFile: string;
  readonly metadataFile: string;
  readonly findings: FindingList;
  /** Decodes complete images; absent if images should not be decoded. */
  readonly decode?: ImageDecoder;
}

export interface DecodedImage {
  /** File extension of its format. */
  readonly extension: string;
  /** In pixels. */
  readonly width: number | null;
  readonly height: number | null;
}

/** Decodes an image to its last pixel; resolves to a description of the problem if that fails. */
export type ImageDecoder = (image: Uint8Array) => Promise<DecodedImage | string>;

/** Maximum bytes of images that may be with the decoder at once. */
const MAX_DECODING_BYTES = 64 * 1024 * 1024;

/**
 * Decodes as DuckDB's client does, so that texts compare equal to what it reads: it drops a byte order mark at the start
 * and replaces half a surrogate pair, which UTF-8 cannot hold, with the replacement character.
 */
const UTF8 = new TextDecoder();

/**
 * Reads rows and samples side by side and compares each sample with its row. Reads both to their end, one sample at a
 * time. A source that breaks off is one problem.
 */
export async function verifySamples(check: SamplesToVerify): Promise<void> {
  const { dataFile, findings } = check;
  const images = new ImageChecks(check);
  let broken = false;
  const samples = untilBroken(check.samples, (error) => {
    broken = true;
    findings.add(dataFile, `cannot be read: ${oneLine(error)}`);
  });
  let next = await samples.next();
  const skipUnknown = async (isKnown: (key: string) => boolean): Promise<void> => {
    for (; !next.done && !isKnown(next.value.key); next = await samples.next()) {
      findings.add(dataFile, 'the metadata has no successful row for this sample here', next.value.key);
    }
  };

  const rows = untilBroken(check.rows, (error) => {
    findings.add(check.metadataFile, `cannot be read: ${oneLine(error)}`);
  });
  for await (const row of rows) {
    const { key } = row;
    if (row.status !== 'success' || key === null) continue;
    await skipUnknown((stored) => !check.precedes(stored, key));
    if (!next.done && next.value.key === key) {
      verifySample(check, row, next.value);
      await images.start(row, next.value);
      next = await samples.next();
    } else if (!broken) {
      findings.add(dataFile, 'the sample of this successful row is missing here', key);
    }
  }
  await skipUnknown(() => false);
  await images.finish();
}

function verifySample(
  { kind, dataFile, findings }: SamplesToVerify,
  row: StoredRow,
  sample: StoredSample,
): void {
  const caption = row.shared.has('caption');
  const found = sample.members.map(({ extension }) => extension);
  const images = sample.members.filter(({ extension }) => isImageExtension(extension));
  const others = OTHER_MEMBERS[kind].filter((extension) => caption || extension !== 'txt');
  const wanted = [...images.slice(0, 1).map(({ extension }) => extension), ...others];
  const sorted = wanted.sort();
  if (images.length !== 1 || found.toSorted().join() !== sorted.join()) {
    const expected = ['one image', ...others].join(', ');
    findings.add(dataFile, `expected the members ${expected}, found ${found.join(', ')}`, sample.key);
  } else if (found.join() !== sorted.join()) {
    findings.add(dataFile, `the members are in the order ${found.join(', ')}`, sample.key);
  }
  if ((sample.subfolder ?? null) !== row.subfolder) {
    findings.add(
      dataFile,
      `the sample is in ${folderName(sample.subfolder)}, expected ${folderName(row.subfolder)}`,
      sample.key,
    );
  }
  for (const { extension, content } of images) {
    // Without a width, the bytes were kept unchanged, whatever they are.
    if (row.width === null || hasSignature(content, extension)) continue;
    findings.add(dataFile, `the image does not start like a ${extension}`, sample.key);
  }
  for (const { extension, content } of sample.members) {
    const problem =
      extension === 'json' ? jsonProblem(content, row) : extension === 'txt' && textProblem(content, row);
    if (problem) findings.add(dataFile, problem, sample.key);
  }
  const problem = sample.record === undefined ? null : recordProblem(sample.record.values, row);
  if (problem !== null) findings.add(dataFile, problem, sample.key);
}

const folderName = (subfolder: string | null | undefined): string =>
  subfolder == null ? 'no subfolder' : `the subfolder ${subfolder}`;

/** Has several images decoded at once; the findings come in the order of the samples. */
class ImageChecks {
  readonly #check: SamplesToVerify;
  readonly #work = new BoundedWork(MAX_DECODING_BYTES);
  readonly #found: { readonly key: string; readonly problem: string }[] = [];

  constructor(check: SamplesToVerify) {
    this.#check = check;
  }

  /** Starts checking an image; resolves when there is room for the next. */
  async start(row: StoredRow, { key, members }: StoredSample): Promise<void> {
    const { decode } = this.#check;
    // Without a width, the bytes were kept unchanged, whatever they are.
    if (decode === undefined || row.width === null) return;
    for (const { extension, content } of members.filter((member) => isImageExtension(member.extension))) {
      await this.#work.start(content.length, async () => {
        const problem = imageProblem(await decode(content), extension, row);
        if (problem !== null) this.#found.push({ key, problem });
      });
    }
  }

  async finish(): Promise<void> {
    await this.#work.finish();
    const { dataFile, findings } = this.#check;
    this.#found.sort((a, b) => (a.key < b.key ? -1 : 1));
    for (const { key, problem } of this.#found) findings.add(dataFile, problem, key);
  }
}

function imageProblem(image: DecodedImage | string, extension: string, row: StoredRow): string | null {
  if (typeof image === 'string') return `the image cannot be decoded: ${image}`;
  if (image.extension !== extension) return `the image is a ${image.extension}`;
  if (image.width === row.width && image.height === row.height) return null;
  const sizes = [`${image.width}x${image.height} pixels`, `${row.width}x${row.height} in the metadata`];
  return `the image has ${sizes.join(', ')}`;
}

function jsonProblem(content: Uint8Array, { shared }: StoredRow): string | null {
  let fields: unknown;
  try {
    fields = JSON.parse(Buffer.from(content).toString('utf8'));
  } catch (error) {
    return `the JSON cannot be parsed: ${oneLine(error)}`;
  }
  if (!(fields instanceof Object)) return 'the JSON is not an object';
  const different = [...shared].filter(
    ([name, value]) => !isRepeated(value, Reflect.get(fields, name)) && !isUnsaid(name, value, fields),
  );
  if (different.length === 0) return null;
  return `the JSON differs from the metadata in ${different.map(([name]) => name).join(', ')}`;
}

/** Samples of img2dataset, which an adoption leaves as they are, have no field for what nobody asked about. */
const isUnsaid = (name: string, value: unknown, fields: object): boolean =>
  name === 'rights' && value === null && !(name in fields);

function recordProblem(values: ReadonlyMap<string, RecordValue>, { shared }: StoredRow): string | null {
  const different = [...shared].filter(([name, value]) => !isRecorded(value, values.get(name)));
  if (different.length === 0) return null;
  return `the record differs from the metadata in ${different.map(([name]) => name).join(', ')}`;
}

/** Whether a feature repeats the value of the metadata. Floats have 32 bits; a missing text may be empty. */
function isRecorded(value: Scalar, feature: RecordValue | undefined): boolean {
  if (feature === undefined) return value === null;
  const [first] = feature.values;
  if (feature.values.length !== 1 || first === undefined) return false;
  switch (feature.kind) {
    case 'int64':
      return value !== null && typeof value !== 'string' && BigInt.asIntN(64, BigInt(value)) === first;
    case 'float':
      return typeof value === 'number' && Object.is(Math.fround(value), first);
    default:
      return first instanceof Uint8Array && UTF8.decode(first) === (value ?? '');
  }
}

/** Whether a field of the JSON equals the value of the metadata. Integers beyond 2^53 are compared as doubles. */
function isRepeated(value: Scalar, field: unknown): boolean {
  switch (typeof value) {
    case 'bigint':
      return Number(value) === field;
    case 'number':
      return (Number.isFinite(value) ? value : null) === field;
    case 'string':
      return value === field || (typeof field === 'string' && value === UTF8.decode(Buffer.from(field)));
    default:
      return value === field;
  }
}

function textProblem(content: Uint8Array, { shared }: StoredRow): string | null {
  const caption = shared.get('caption');
  if (caption === undefined || UTF8.decode(content) === (caption ?? '')) return null;
  return 'the text differs from the caption in the metadata';
}

/** The items of a source up to an error, which `onBroken` gets. */
export async function* untilBroken<T>(
  source: AsyncIterable<T>,
  onBroken: (error: unknown) => void,
): AsyncGenerator<T> {
  try {
    yield* source;
  } catch (error) {
    onBroken(error);
  }
}
