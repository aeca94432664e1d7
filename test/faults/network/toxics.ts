import { once } from 'node:events';
import type { Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';

/** What can befall the bytes from a server to a client; counts of bytes begin with the connection. */
export type Toxic =
  /** Everything comes later. */
  | { readonly kind: 'latency'; readonly ms: number }
  | { readonly kind: 'bandwidth'; readonly bytesPerSecond: number }
  /** Pieces of so many bytes, one by one. */
  | { readonly kind: 'slicer'; readonly bytes: number; readonly everyMs: number }
  /** Nothing more comes, and nothing ends. */
  | { readonly kind: 'timeout'; readonly after: number }
  /** The connection is reset. */
  | { readonly kind: 'reset_peer'; readonly after: number }
  /** The connection ends in good order. */
  | { readonly kind: 'limit_data'; readonly after: number }
  /** The server's direction ends, the client's stays open. */
  | { readonly kind: 'half_close'; readonly after: number }
  /** One bit of the byte at this place is another. */
  | { readonly kind: 'corrupt_byte'; readonly at: number };

/** Passes on what comes from a server, as the toxics have it. */
export async function spoil(server: Socket, client: Socket, toxics: readonly Toxic[]): Promise<void> {
  let position = 0;
  try {
    for await (const chunk of server.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      for (const piece of slices(corrupted(chunk, position, toxics), toxics)) {
        const end = endWithin(position, piece.length, toxics);
        const passed = end === undefined ? piece : piece.subarray(0, end.after - position);
        await delay(passed.length, toxics);
        if (passed.length > 0 && !client.write(passed)) await once(client, 'drain');
        position += passed.length;
        if (end !== undefined) return await finish(end.kind, server, client);
      }
    }
    client.end();
  } catch {
    // One of the two has gone, and the other goes with it.
  }
}

type End = Extract<Toxic, { readonly after: number }>;

function endWithin(position: number, length: number, toxics: readonly Toxic[]): End | undefined {
  return toxics.find((toxic): toxic is End => 'after' in toxic && toxic.after < position + length);
}

/** A reset at once would overtake the bytes before it, or look to clients that run on libuv like a clean end. */
const RESET_AFTER_MS = 20;

async function finish(kind: End['kind'], server: Socket, client: Socket): Promise<void> {
  // What still comes is let go.
  server.resume();
  if (kind === 'reset_peer') {
    await wait(RESET_AFTER_MS);
    client.resetAndDestroy();
  }
  if (kind === 'limit_data') client.end(() => client.destroy());
  if (kind === 'half_close') client.end();
}

function corrupted(chunk: Buffer, position: number, toxics: readonly Toxic[]): Buffer {
  for (const toxic of toxics) {
    if (toxic.kind !== 'corrupt_byte') continue;
    const at = toxic.at - position;
    if (at >= 0 && at < chunk.length) chunk.writeUInt8(chunk.readUInt8(at) ^ 0x10, at);
  }
  return chunk;
}

function slices(chunk: Buffer, toxics: readonly Toxic[]): Buffer[] {
  const slicer = toxics.find((toxic) => toxic.kind === 'slicer');
  if (slicer === undefined) return [chunk];
  const pieces: Buffer[] = [];
  for (let at = 0; at < chunk.length; at += slicer.bytes) pieces.push(chunk.subarray(at, at + slicer.bytes));
  return pieces;
}

async function delay(bytes: number, toxics: readonly Toxic[]): Promise<void> {
  let ms = 0;
  for (const toxic of toxics) {
    if (toxic.kind === 'latency') ms += toxic.ms;
    if (toxic.kind === 'slicer') ms += toxic.everyMs;
    if (toxic.kind === 'bandwidth') ms += (bytes / toxic.bytesPerSecond) * 1000;
  }
  if (ms > 0) await wait(ms);
}
