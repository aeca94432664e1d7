import type { SampleKey, ShardId } from '../core/samples.ts';

/** How shards and samples are numbered; the names follow img2dataset 1.47.0. */
export interface Numbering {
  readonly samplesPerShard: number;
  /** Minimum digits of shard numbers in names; longer numbers are not cut. */
  readonly shardDigits: number;
  /** Text before every key; absent for none. */
  readonly keyPrefix?: string;
  /** Whether rows name their samples (`--key-col`), so that a key says nothing about the place of its row. */
  readonly isNamed?: boolean;
}

/** Name of a shard's files without extension: `00042`. */
export function shardName(id: ShardId, { shardDigits }: Pick<Numbering, 'shardDigits'>): string {
  return String(id).padStart(shardDigits, '0');
}

/** What the sample of a row is called; null if rows name their samples and this one does not. */
export function keyOfRow(
  { key }: { readonly key?: SampleKey },
  id: ShardId,
  index: number,
  numbering: Numbering,
): SampleKey | null {
  return numbering.isNamed ? (key ?? null) : sampleKey(id, index, numbering);
}

/** Name of the sample at `index` (from 0) of a shard: shard number and index, each zero-padded, as one number. */
export function sampleKey(
  id: ShardId,
  index: number,
  { samplesPerShard, shardDigits, keyPrefix = '' }: Numbering,
): SampleKey {
  const indexDigits = decimalDigits(samplesPerShard);
  const number = BigInt(id) * 10n ** BigInt(indexDigits) + BigInt(index);
  return `${keyPrefix}${String(number).padStart(indexDigits + shardDigits, '0')}` as SampleKey;
}

/** The place of the sample with a numbered key; null if the key has another form. */
export function numberOfKey(
  key: string,
  { samplesPerShard, keyPrefix = '' }: Numbering,
): { readonly id: ShardId; readonly index: number } | null {
  const digits = key.slice(keyPrefix.length);
  if (!key.startsWith(keyPrefix) || !/^\d+$/.test(digits)) return null;
  const unit = 10n ** BigInt(decimalDigits(samplesPerShard));
  return { id: Number(BigInt(digits) / unit) as ShardId, index: Number(BigInt(digits) % unit) };
}

/** ceil(log10(n)) without the rounding of floating-point logarithms. */
function decimalDigits(n: number): number {
  let digits = 0;
  for (let power = 1; power < n; power *= 10) digits += 1;
  return digits;
}
