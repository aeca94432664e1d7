import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { countEndingWell, writeIndex } from '../model/write-index.ts';
import { planRequested, type RequestedSize } from './planned.ts';
import type { WebPorts } from './serve.ts';
import type { WebStats } from './web-stats.ts';

export interface WebRequest extends RequestedSize {
  /** Only rows that succeed, every answer at once, no throttling. */
  readonly perfect: boolean;
  /** Folder that `makeImages` filled. */
  readonly images: string;
  /** Folder for the index and the certificate. */
  readonly folder: string;
}

export interface Web {
  /** Path of the index, and its rows; a perfect web has fewer rows than requested. */
  readonly index: string;
  readonly rows: number;
  /** Rows that succeed for a client that waits and retries as needed. */
  readonly endingWell: number;
  /** PEM file of the authority that signed its certificates. */
  readonly ca: string;
  readonly dnsPort: number;
  /** Stops the web and returns its statistics. Call it once. */
  stop(): Promise<WebStats>;
}

const SERVE = fileURLToPath(new URL('serve.ts', import.meta.url));

/** Starts the web as a process and writes its index. */
export async function startWeb({ perfect, images, folder, ...request }: WebRequest): Promise<Web> {
  const name = perfect ? 'perfect' : 'web';
  const ca = join(folder, `${name}-ca.pem`);
  const { rows, seed, profile, drip, hostsFrom = null } = request;
  const size: RequestedSize = { rows, seed, profile, drip, hostsFrom };
  const args = ['--import', 'tsx', SERVE, '--size', JSON.stringify(size), '--images', images, '--ca', ca];
  const child = spawn(process.execPath, [...args, ...(perfect ? ['--perfect'] : [])], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const closed = once(child, 'close');
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const readLine = async (): Promise<string> => {
    const line = await lines.next();
    if (line.done === true) throw new Error('The simulated web ended early; see its error above');
    return line.value;
  };
  const ports: WebPorts = JSON.parse(await readLine());
  const index = join(folder, `${name}.parquet`);
  const plan = await planRequested(size);
  return {
    index,
    rows: writeIndex(index, plan, { ports, perfect }),
    endingWell: countEndingWell(plan),
    ca,
    dnsPort: ports.dns,
    async stop() {
      child.stdin.end();
      const stats: WebStats = JSON.parse(await readLine());
      await closed;
      return stats;
    },
  };
}
