import type { ImageJob, ImageResult } from './job.ts';
import type { Orders, Reply } from './protocol.ts';

const NO_BYTES = new Uint8Array(0);

// Ctrl-C reaches the whole process group; when to stop is for the parent to say.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => {});
// Without a parent there is nobody to work for. A plain exit would wait for the decoding that is under way.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
process.once('message', (orders: Orders) => void start(orders));

async function start({ settings, limits }: Orders): Promise<void> {
  const apply = await import('./apply.ts').catch((error: unknown) => {
    reply({ kind: 'unusable', reason: error instanceof Error ? error.message : String(error) });
  });
  if (!apply) return;
  let previous: Promise<void> = Promise.resolve();
  process.on('message', (job: ImageJob) => {
    previous = previous.then(async () => answer(job, await apply.processImage(job, settings, limits)));
  });
  reply({ kind: 'ready' });
}

function answer(job: ImageJob, result: ImageResult): void {
  const kept = result.ok && result.image.bytes === job.bytes;
  const light = kept ? { ...result, image: { ...result.image, bytes: NO_BYTES } } : result;
  reply({ kind: 'done', result: light, kept, residentBytes: process.memoryUsage.rss() });
}

function reply(message: Reply): void {
  process.send?.(message);
}
