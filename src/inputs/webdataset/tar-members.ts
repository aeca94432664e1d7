import type { Notices } from '../file/notices.ts';
import { cutAtZero, readHeader, readPax } from './tar-header.ts';
import type { Window } from './window.ts';

/** A file in a tar. */
export interface Member {
  readonly name: string;
  /** Position of its content, and length of that in bytes. */
  readonly start: number;
  readonly bytes: number;
}

/** Something that is no member: from here on, or up to the next intact header, members may be lost. */
export interface Damage {
  /** `byte 1024`. */
  readonly where: string;
  readonly damage: string;
}

const BLOCK_BYTES = 512;
/** Of what only names a member, such as a path, no more is read. */
const MAX_META_BYTES = 1024 * 1024;
const ZERO = Buffer.alloc(BLOCK_BYTES);

/**
 * The files of a tar in their order, without their contents: only headers are read. After a damaged header, reading
 * goes on at the next intact one. Blocks of zeros are passed over, so that tars may follow each other in one file.
 */
export async function* tarMembers(tar: Window, notices: Notices): AsyncGenerator<Member | Damage> {
  let named: { readonly path?: string; readonly size?: number } = {};
  let [isDamaged, isEnded] = [false, false];
  for (let at = 0; at < tar.bytes; ) {
    const block = await tar.read(at, BLOCK_BYTES);
    if (block.length < BLOCK_BYTES) {
      if (!block.equals(ZERO.subarray(0, block.length)))
        yield { where: `byte ${at}`, damage: 'the tar ends within a header' };
      return;
    }
    isEnded = block.equals(ZERO);
    if (isEnded) {
      at += BLOCK_BYTES;
      continue;
    }
    const header = readHeader(block);
    if (header === null) {
      if (!isDamaged) yield { where: `byte ${at}`, damage: 'the header is damaged' };
      isDamaged = true;
      named = {};
      at += BLOCK_BYTES;
      continue;
    }
    isDamaged = false;
    const start = at + BLOCK_BYTES;
    const bytes = named.size ?? header.bytes;
    at = start + Math.ceil(bytes / BLOCK_BYTES) * BLOCK_BYTES;
    if (header.kind === 'long name' || header.kind === 'pax') {
      if (bytes > MAX_META_BYTES)
        yield { where: `byte ${start}`, damage: `a name of ${bytes} bytes is not read` };
      const content = await tar.read(start, Math.min(bytes, MAX_META_BYTES));
      named = { ...named, ...(header.kind === 'pax' ? readPax(content) : { path: cutAtZero(content) }) };
      continue;
    }
    if (header.kind === 'remark') continue;
    const name = named.path ?? header.name;
    named = {};
    if (header.kind === 'file') yield { name, start, bytes };
  }
  if (!isEnded)
    notices.tell('end', 'its end', () => 'there is no end mark; samples may be missing behind it');
}
