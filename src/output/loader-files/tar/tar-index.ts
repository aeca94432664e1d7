import type { ShardFileKind } from '../../../shards/files.ts';

/** The files beside a tar that tell loaders where its samples are. */
export type TarIndexKind = Extract<ShardFileKind, 'daliIndex' | 'energonIndex'>;

/** A member of a tar; positions and lengths in bytes. */
export interface PlacedMember {
  /** `KEY.EXTENSION`. */
  readonly name: string;
  /** Position of its header. */
  readonly header: number;
  /** Position of its content. */
  readonly start: number;
  readonly bytes: number;
}

/** An index under construction. It takes the members of a tar in their order. */
export interface TarIndex {
  /** `isFirst`: whether the member is the first of its sample. */
  add(member: PlacedMember, isFirst: boolean): void;
  /** The complete file. */
  content(): Buffer;
}
