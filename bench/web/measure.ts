import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ClientResult } from '../clients.ts';
import { type ClientOptions, img2datasetOnWeb, laionFetchOnWeb } from './clients.ts';
import type { Measurement } from './figures.ts';
import { startWeb, type WebRequest } from './start-web.ts';

export interface WebRun extends Omit<WebRequest, 'folder'> {
  readonly client: 'laion-fetch' | 'img2dataset';
  /** Path of img2dataset's command, for that client. */
  readonly tool: string;
  /** Folder for the web's and the client's files, which must not exist and is removed. */
  readonly scratch: string;
  readonly deadlineMs: number;
  readonly signal: AbortSignal;
}

/** Starts the simulated web, runs one client on it, and ends both. */
export async function measureOnWeb(request: WebRun): Promise<Measurement> {
  const { client, tool, scratch, perfect, deadlineMs, signal } = request;
  await mkdir(scratch);
  const web = await startWeb({ ...request, folder: scratch });
  const options: ClientOptions = { web, output: join(scratch, 'out'), deadlineMs, signal };
  const running = client === 'laion-fetch' ? laionFetchOnWeb(options) : img2datasetOnWeb(tool, options);
  const outcome = await settle(running);
  const stats = await web.stop();
  if ('error' in outcome) throw outcome.error;
  await rm(scratch, { recursive: true });
  return {
    client,
    web: perfect ? 'perfect' : 'web',
    indexRows: web.rows,
    result: outcome.value,
    stats,
  };
}

async function settle(promise: Promise<ClientResult>): Promise<{ value: ClientResult } | { error: unknown }> {
  return promise.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
}
