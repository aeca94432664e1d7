import { once } from 'node:events';
import type { Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';

/** What can happen to the bytes from a server to a client. Byte counts start with the connection. */
export type Toxic =
  /** Delays everything. */
  | { readonly kind: 'latency'; readonly ms: number }
  | { readonly kind: 'bandwidth'; readonly bytesPerSecond: number }
  /** Sends pieces of this many bytes, one by one. */
  | { readonly kind: 'slicer'; readonly bytes: number; readonly everyMs: number }
  /** Sends nothing more and keeps the connection open. */
  | { readonly kind: 'timeout'; readonly after: number }
  /** Resets the connection. */
  | { readonly kind: 'reset_peer'; readonly after: number }
  /** Ends the connection cleanly. */
  | { readonly kind: 'limit_data'; readonly after: number }
  /** Ends the server's direction; the client's stays open. */
  | { readonly kind: 'half_close'; readonly after: number }
  /** Flips one bit of the byte at this position. */
  | { readonly kind: 'corrupt_byte'; readonly at: number };

/** Forwards what a server sends, changed by the toxics. */
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
    // One side has gone; close the other.
  }
}

type End = Extract<Toxic, { readonly after: number }>;

function endWithin(position: number, length: number, toxics: readonly Toxic[]): End | undefined {
  return toxics.find((toxic): toxic is End => 'after' in toxic && toxic.after < position + length);
}

/** An immediate reset would overtake the bytes before it, or look like a clean end to clients that run on libuv. */
const RESET_AFTER_MS = 20;

async function finish(kind: End['kind'], server: Socket, client: Socket): Promise<void> {
  // Discard what still arrives.
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
