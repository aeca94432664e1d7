import { parseShardFileName, shardFileName } from '../../../shards/files.ts';
import { DaliIndex } from './dali-index.ts';
import { EnergonIndex } from './energon-index.ts';
import type { PlacedMember, TarIndex, TarIndexKind } from './tar-index.ts';

/** The indexes that are written beside a tar. To add one: a file like `dali-index.ts`, a line here, a suffix in shards/files.ts. */
const INDEXES: Readonly<Record<TarIndexKind, new () => TarIndex>> = {
  daliIndex: DaliIndex,
  energonIndex: EnergonIndex,
};

export const TAR_INDEX_KINDS = Object.keys(INDEXES) as readonly TarIndexKind[];

/** All indexes of one tar, made of the places of its members alone. They take about 150 bytes of memory for each sample. */
export class TarIndexes {
  readonly #indexes = TAR_INDEX_KINDS.map((kind) => ({ kind, index: new INDEXES[kind]() }));
  #key: string | null = null;

  /** Takes the members in the order of the tar. A sample is a group of adjacent members with one key. */
  add(member: PlacedMember): void {
    const key = member.name.slice(0, member.name.indexOf('.'));
    for (const { index } of this.#indexes) index.add(member, key !== this.#key);
    this.#key = key;
  }

  contents(): readonly { readonly kind: TarIndexKind; readonly content: Buffer }[] {
    return this.#indexes.map(({ kind, index }) => ({ kind, content: index.content() }));
  }
}

/** The files of the indexes of a tar (`00042_001.tar`). */
export function indexFiles(
  tar: string,
  indexes: TarIndexes,
): readonly { readonly name: string; readonly content: Buffer }[] {
  const { shard = tar, part = 0 } = parseShardFileName(tar) ?? {};
  return indexes.contents().map(({ kind, content }) => ({ name: shardFileName(shard, kind, part), content }));
}
