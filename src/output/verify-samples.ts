import { type FaultList, oneLine } from './faults.ts';
import { hasSignature, isPictureExtension } from './signatures.ts';
import type { StoredRow } from './stored-rows.ts';
import type { StoredMember, StoredSample } from './stored-samples.ts';

export interface SamplesToVerify {
  readonly rows: AsyncIterable<StoredRow>;
  /** Samples of the successful rows, which should come in the same order. */
  readonly samples: AsyncIterable<StoredSample>;
  /** Whether each sample must have a `.txt`. */
  readonly caption: boolean;
  /** Names for the faults. */
  readonly dataFile: string;
  readonly metadataFile: string;
  readonly faults: FaultList;
}

/**
 * Walks rows and samples side by side and holds each sample against its row. Both are read to their end, one sample at
 * a time; a source that breaks is one fault.
 */
export async function verifySamples(check: SamplesToVerify): Promise<void> {
  const { dataFile, faults } = check;
  let broken = false;
  const samples = untilBroken(check.samples, (error) => {
    broken = true;
    faults.add(dataFile, `cannot be read: ${oneLine(error)}`);
  });
  let next = await samples.next();
  const skipUnknown = async (isKnown: (key: string) => boolean): Promise<void> => {
    for (; !next.done && !isKnown(next.value.key); next = await samples.next()) {
      faults.add(dataFile, 'the metadata has no successful row for this sample here', next.value.key);
    }
  };

  const rows = untilBroken(check.rows, (error) => {
    faults.add(check.metadataFile, `cannot be read: ${oneLine(error)}`);
  });
  for await (const row of rows) {
    const { key } = row;
    if (row.status !== 'success' || key === null) continue;
    await skipUnknown((stored) => !precedes(stored, key));
    if (!next.done && next.value.key === key) {
      verifySample(check, row, next.value);
      next = await samples.next();
    } else if (!broken) {
      faults.add(dataFile, 'the sample of this successful row is missing here', key);
    }
  }
  await skipUnknown(() => false);
}

function verifySample(
  { caption, dataFile, faults }: SamplesToVerify,
  row: StoredRow,
  sample: StoredSample,
): void {
  const found = sample.members.map(({ extension }) => extension).sort();
  const pictures = sample.members.filter(({ extension }) => isPictureExtension(extension));
  const wanted = [
    ...pictures.slice(0, 1).map(({ extension }) => extension),
    'json',
    ...(caption ? ['txt'] : []),
  ];
  if (pictures.length !== 1 || found.join() !== wanted.sort().join()) {
    const expected = `one picture, json${caption ? ', txt' : ''}`;
    faults.add(dataFile, `expected the members ${expected}, found ${found.join(', ')}`, sample.key);
  }
  for (const { extension, content } of pictures) {
    // Without a width the bytes were kept as they came, whatever they are.
    if (row.width === null || hasSignature(content, extension)) continue;
    faults.add(dataFile, `the picture does not begin as a ${extension} does`, sample.key);
  }
  for (const member of sample.members) {
    if (member.extension === 'json')
      verifyJson(member, row, (fault) => faults.add(dataFile, fault, sample.key));
  }
}

function verifyJson({ content }: StoredMember, row: StoredRow, report: (fault: string) => void): void {
  let fields: unknown;
  try {
    fields = JSON.parse(Buffer.from(content).toString('utf8'));
  } catch (error) {
    report(`the JSON cannot be parsed: ${oneLine(error)}`);
    return;
  }
  for (const name of ['key', 'url'] as const) {
    const value = fields instanceof Object ? Reflect.get(fields, name) : undefined;
    if (value !== row[name]) report(`the JSON's ${name} is not that of the metadata`);
  }
}

async function* untilBroken<T>(
  source: AsyncIterable<T>,
  onBroken: (error: unknown) => void,
): AsyncGenerator<T> {
  try {
    yield* source;
  } catch (error) {
    onBroken(error);
  }
}

/** Whether a key comes before another in a shard; one that is no number belongs nowhere and is passed over. */
function precedes(stored: string, key: string): boolean {
  if (!/^\d+$/.test(stored)) return true;
  return stored.length === key.length ? stored < key : stored.length < key.length;
}
