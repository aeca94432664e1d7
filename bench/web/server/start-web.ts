import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { planWeb, type WebSize } from '../model/plan-web.ts';
import { writeIndex } from '../model/write-index.ts';
import type { WebPorts } from './serve.ts';
import type { WebStats } from './web-stats.ts';

export interface WebRequest extends WebSize {
  /** Only rows that end well, every answer at once, nothing throttled. */
  readonly perfect: boolean;
  /** Folder that `makeImages` filled. */
  readonly images: string;
  /** Folder for the index and the certificate. */
  readonly folder: string;
}

export interface Web {
  /** The index's path and its rows, which are fewer than asked for where the web is perfect. */
  readonly index: string;
  readonly rows: number;
  /** PEM file of the authority that signed its certificates. */
  readonly ca: string;
  readonly dnsPort: number;
  /** Ends the web, once; what it saw. */
  stop(): Promise<WebStats>;
}

const SERVE = fileURLToPath(new URL('serve.ts', import.meta.url));

/** Starts the web as a process of its own and writes an index of it. */
export async function startWeb({ rows, seed, drip, perfect, images, folder }: WebRequest): Promise<Web> {
  const name = perfect ? 'perfect' : 'web';
  const ca = join(folder, `${name}-ca.pem`);
  const numbers = ['--rows', String(rows), '--seed', String(seed)];
  const args = ['--import', 'tsx', SERVE, ...numbers, '--images', images, '--ca', ca];
  const switches = [...(perfect ? ['--perfect'] : []), ...(drip ? [] : ['--no-drip'])];
  const child = spawn(process.execPath, [...args, ...switches], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const closed = once(child, 'close');
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const readLine = async (): Promise<string> => {
    const line = await lines.next();
    if (line.done === true) throw new Error('The simulated web ended early; its error is above');
    return line.value;
  };
  const ports: WebPorts = JSON.parse(await readLine());
  const index = join(folder, `${name}.parquet`);
  return {
    index,
    rows: writeIndex(index, planWeb({ rows, seed, drip }), { ports, perfect }),
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
