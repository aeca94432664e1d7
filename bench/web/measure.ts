import { existsSync, readdirSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type ClientOptions, img2datasetOnWeb, laionFetchOnWeb, planOnWeb } from './clients.ts';
import type { Measurement } from './figures.ts';
import { machineNow } from './server/machine-clock.ts';
import { startWeb, type WebRequest } from './server/start-web.ts';

export interface WebRun extends Omit<WebRequest, 'folder'> {
  readonly client: 'laion-fetch' | 'img2dataset';
  /** Path of img2dataset's command; only that client needs it. */
  readonly tool: string;
  /** Folder for the web's and the client's files. It must not exist; it is removed afterwards. */
  readonly scratch: string;
  readonly deadlineMs: number;
  readonly signal: AbortSignal;
}

const LOOK_EVERY_MS = 250;

/** Starts the simulated web, runs one client on it, and ends both. */
export async function measureOnWeb(request: WebRun): Promise<Measurement> {
  const { client, tool, scratch, perfect, deadlineMs, signal } = request;
  await mkdir(scratch);
  const web = await startWeb({ ...request, folder: scratch });
  const options: ClientOptions = { web, output: join(scratch, 'out'), deadlineMs, signal };
  const shard = watchForShard(options.output);
  const outcome = await settle(
    client === 'laion-fetch'
      ? laionFetchAsPlanned(options, perfect)
      : img2datasetOnWeb(tool, options).then((result) => ({ plannedSeconds: null, result })),
  );
  const { firstAt } = shard.stop();
  const stats = await web.stop();
  if ('error' in outcome) throw outcome.error;
  await rm(scratch, { recursive: true });
  const { run } = outcome.value.result;
  return {
    client,
    web: perfect ? 'perfect' : 'web',
    indexRows: web.rows,
    endingWell: web.endingWell,
    firstShardSeconds: firstAt === null ? null : run.seconds - (run.endedAt - firstAt) / 1000,
    ...outcome.value,
    stats,
  };
}

/** Looks for the statistics of a first shard, which both clients write last. */
function watchForShard(output: string): { stop(): { readonly firstAt: number | null } } {
  let firstAt: number | null = null;
  const timer = setInterval(() => {
    if (firstAt !== null || !existsSync(output)) return;
    if (readdirSync(output).some((file) => file.endsWith('_stats.json'))) firstAt = machineNow();
  }, LOOK_EVERY_MS);
  return {
    stop() {
      clearInterval(timer);
      return { firstAt };
    },
  };
}

/** There is no plan for a perfect web. */
async function laionFetchAsPlanned(options: ClientOptions, perfect: boolean) {
  const plannedSeconds = perfect ? null : await planOnWeb(options);
  return { plannedSeconds, result: await laionFetchOnWeb(options) };
}

async function settle<T>(promise: Promise<T>): Promise<{ value: T } | { error: unknown }> {
  return promise.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
}
