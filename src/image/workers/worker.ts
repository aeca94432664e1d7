import { readSync, writeSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import type { ImageJob, ImageResult } from '../job/job.ts';
import { decodeFrame, encodeFrame, type Frame, HEAD_BYTES, lengthAfter } from './frames.ts';
import { type JobFacts, type Orders, type Reply, type ResultFacts, WORK_DESCRIPTOR } from './protocol.ts';

const NO_BYTES = new Uint8Array();

// Ctrl-C reaches the whole process group, but only the parent decides when to stop.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => {});
// Without its parent the process has no purpose. A plain exit would wait for the current decoding.
process.on('disconnect', leave);
process.once('message', (orders: Orders) => void start(orders));

async function start({ settings, limits }: Orders): Promise<void> {
  const renderer = await import('../render/process-image.ts').catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    return reply({ kind: 'unusable', reason });
  });
  if (!renderer) return;
  await reply({ kind: 'ready' });
  // A blocking read of the pipe costs less than an event, and the process has nothing else to do.
  for (let frame = readFrame(); frame !== null; frame = readFrame()) {
    const job: ImageJob = { ...(frame.facts as JobFacts), bytes: frame.bytes };
    answer(job, await renderer.processImage(job, settings, limits));
    await setImmediate();
  }
  leave();
}

function answer(job: ImageJob, outcome: ImageResult): void {
  const { user, system } = process.cpuUsage();
  const cost = { residentBytes: process.memoryUsage.rss(), usedMs: (user + system) / 1000 };
  if (!outcome.ok) {
    writeFrame({ result: outcome, kept: false, ...cost }, NO_BYTES);
    return;
  }
  const { bytes, ...image } = outcome.image;
  const kept = bytes === job.bytes;
  writeFrame({ result: { ...outcome, image }, kept, ...cost }, kept ? NO_BYTES : bytes);
}

/** The next job; null if the pipe has ended. */
function readFrame(): Frame | null {
  const head = Buffer.allocUnsafe(HEAD_BYTES);
  if (!fill(head, 0)) return null;
  const frame = Buffer.allocUnsafe(HEAD_BYTES + lengthAfter(head));
  head.copy(frame);
  return fill(frame, HEAD_BYTES) ? decodeFrame(frame) : null;
}

/** Fills `bytes` from `start` on; false if the pipe ends first. */
function fill(bytes: Buffer, start: number): boolean {
  for (let filled = start; filled < bytes.length; ) {
    const count = readSync(WORK_DESCRIPTOR, bytes, filled, bytes.length - filled, null);
    if (count === 0) return false;
    filled += count;
  }
  return true;
}

function writeFrame(facts: ResultFacts, bytes: Uint8Array): void {
  for (const piece of encodeFrame(facts, bytes)) {
    for (let written = 0; written < piece.length; ) written += writeSync(WORK_DESCRIPTOR, piece, written);
  }
}

function reply(message: Reply): Promise<void> {
  return new Promise((resolve) => process.send?.(message, undefined, undefined, () => resolve()));
}

function leave(): void {
  process.kill(process.pid, 'SIGKILL');
}
