import type { InputFormat } from '../core/choices.ts';
import { findEncoding } from './file/encoding.ts';
import type { Compression } from './file/index-file.ts';

/** Bytes of a file's start that tell what it is. */
export const HEAD_BYTES = 512;

/** What the first bytes of a file say about it. */
export interface Content {
  /** For formats that begin with a mark of their own. */
  readonly format: InputFormat | null;
  readonly compression: Compression;
  /** What the file is instead of an index, and what to do about it; null if it may be one. */
  readonly mistake: string | null;
}

const MISTAKES: readonly (readonly [RegExp, string])[] = [
  [
    /^version https:\/\/git-lfs/,
    'it is a Git LFS pointer, not the file itself; fetch that with git lfs pull',
  ],
  [
    /^\s*<(?:!doctype\s+html|html|head|body)\b/i,
    'it is an HTML page, such as a login or error page that was saved in place of the file; download it again',
  ],
  [
    /^\s*<(?:\?xml|error)\b/i,
    'it is XML, such as the error message of a store that was saved in place of the file; download it again',
  ],
];

export function contentOf(head: Buffer): Content {
  const text = decodeHead(head);
  return {
    format: formatOf(text),
    compression: compressionOf(head),
    mistake: MISTAKES.find(([pattern]) => pattern.test(text))?.[1] ?? null,
  };
}

/** A byte for a character, in UTF-16 two, without a byte order mark. */
function decodeHead(head: Buffer): string {
  const encoding = findEncoding(head, null);
  if (encoding.startsWith('utf-16')) return new TextDecoder(encoding).decode(head);
  return head.toString('latin1').replace(/^\u00ef\u00bb\u00bf/, '');
}

/** PAR1 also begins a Parquet file whose end is missing, and FEA1 Feather of version 1, of which its reader says so. */
function formatOf(text: string): InputFormat | null {
  if (text.startsWith('PAR1')) return 'parquet';
  return /^(?:ARROW1\0\0|FEA1\0|\u00ff\u00ff\u00ff\u00ff)/.test(text) ? 'arrow' : null;
}

function compressionOf(head: Uint8Array): Compression {
  if (head[0] === 0x1f && head[1] === 0x8b) return 'gzip';
  if (head[0] === 0x28 && head[1] === 0xb5 && head[2] === 0x2f && head[3] === 0xfd) return 'zstd';
  return 'none';
}
