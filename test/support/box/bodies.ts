import { readFileSync } from 'node:fs';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { encodePng } from '../bytes/png.ts';
import type { Answer, Body, WebScript } from './answers.ts';

const FIXTURES = new URL('../../../fixtures/', import.meta.url);

const CODINGS: Readonly<Record<string, (bytes: Buffer) => Buffer>> = {
  gzip: gzipSync,
  deflate: deflateSync,
  br: brotliCompressSync,
};

const MEDIA_TYPES: Readonly<Record<string, string>> = {
  '.jpg': 'image/jpeg',
  '.jpeg': 'image/jpeg',
  '.png': 'image/png',
  '.webp': 'image/webp',
  '.gif': 'image/gif',
  '.avif': 'image/avif',
  '.svg': 'image/svg+xml',
  '.html': 'text/html; charset=utf-8',
};

const files = new Map<string, Buffer>();
const encoded = new WeakMap<Answer, Buffer>();

/** Makes every body of the script in advance, so that no answer waits for one and a missing file fails at once. */
export function prepareBodies(script: WebScript): void {
  for (const { paths = {} } of Object.values(script.hosts)) {
    for (const reply of Object.values(paths)) {
      if (typeof reply === 'function') continue;
      for (const answer of [reply].flat()) bodyBytes(answer);
    }
  }
}

/** The bytes of an answer's body as sent. Files and expensive bodies stay in memory. */
export function bodyBytes(answer: Answer): Buffer {
  const { body } = answer;
  if (body === undefined) return Buffer.alloc(0);
  let bytes = encoded.get(answer);
  if (bytes === undefined) {
    bytes = encode(plainBytes(body), answer.encoding);
    encoded.set(answer, bytes);
  }
  return bytes;
}

/** The true media type. */
export function mediaType(body: Body): string {
  if ('fixture' in body) return MEDIA_TYPES[extname(body.fixture)] ?? 'application/octet-stream';
  if ('text' in body) return 'text/html; charset=utf-8';
  return 'image' in body ? 'image/png' : 'application/octet-stream';
}

function plainBytes(body: Body): Buffer {
  if ('fixture' in body) return fixtureBytes(body.fixture);
  if ('text' in body) return Buffer.from(body.text);
  if ('base64' in body) return Buffer.from(body.base64, 'base64');
  if ('zeros' in body) return Buffer.alloc(body.zeros);
  return encodePng(body.image);
}

function fixtureBytes(file: string): Buffer {
  let bytes = files.get(file);
  if (bytes === undefined) {
    bytes = readFileSync(fileURLToPath(new URL(file, FIXTURES)));
    files.set(file, bytes);
  }
  return bytes;
}

function encode(bytes: Buffer, encoding: string | undefined): Buffer {
  return (encoding?.split(',') ?? []).reduce((input, coding) => {
    const compress = CODINGS[coding.trim()];
    if (compress === undefined) {
      throw new Error(`Cannot encode a body: expected ${Object.keys(CODINGS).join(', ')}, found '${coding}'`);
    }
    return compress(input);
  }, bytes);
}
