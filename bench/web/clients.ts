import { copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { CLI } from '../../test/support/cli.ts';
import { type ClientRun, runClient } from './run-client.ts';
import type { Web } from './start-web.ts';

export interface ClientResult {
  readonly run: ClientRun;
  /** Rows with an outcome, and how many of them are pictures in the dataset. */
  readonly rows: number;
  readonly successes: number;
}

export interface ClientOptions {
  readonly web: Web;
  readonly output: string;
  readonly deadlineMs: number;
  readonly signal: AbortSignal;
}

const LOOKUP = fileURLToPath(new URL('sitecustomize.py', import.meta.url));

/** Small enough that both processes of img2dataset have work, and that a stopped run shows what it did. */
const shardRows = (rows: number): string => String(Math.min(10_000, Math.ceil(rows / 10)));

export async function runLaionFetch({
  web,
  output,
  deadlineMs,
  signal,
}: ClientOptions): Promise<ClientResult> {
  const dataset = ['--output', output, '--number-sample-per-shard', shardRows(web.rows)];
  const picture = ['--image-size', '256', '--resize-mode', 'keep_ratio'];
  const run = await runClient({
    command: process.execPath,
    args: [CLI, web.index, ...dataset, ...picture, ...web.flags, '--progress', 'json', '--json'],
    env: web.env,
    deadlineMs,
    signal,
  });
  if (run.code !== 0) throw new Error(`laion-fetch ended with code ${run.code}:\n${run.stderr.slice(-2000)}`);
  const summary: { rows: number; successes: number } = JSON.parse(run.stdout);
  return { run, rows: summary.rows, successes: summary.successes };
}

/** `tool` is the path of the command; 1.47.0 is what the flags are for. */
export async function runImg2dataset(
  tool: string,
  { web, output, deadlineMs, signal }: ClientOptions,
): Promise<ClientResult> {
  const modules = `${output}-modules`;
  await mkdir(modules);
  await copyFile(LOOKUP, join(modules, 'sitecustomize.py'));
  // Python reads all authorities anew for each connection, which the usual number of them makes dear; one would flatter it.
  const authorities = join(modules, 'authorities.pem');
  await writeFile(authorities, [...rootCertificates, await readFile(web.ca, 'utf8')].join('\n'));
  const flags =
    '--input_format parquet --url_col URL --caption_col TEXT --output_format webdataset --processes_count 2 ' +
    '--thread_count 128 --image_size 256 --resize_mode keep_ratio --retries 1 --timeout 10 --enable_wandb False';
  const sizes = ['--number_sample_per_shard', shardRows(web.rows)];
  const run = await runClient({
    command: tool,
    args: ['--url_list', web.index, '--output_folder', output, ...sizes, ...flags.split(' ')],
    env: {
      SSL_CERT_FILE: authorities,
      PYTHONPATH: modules,
      WEB_DNS_PORT: String(web.dnsPort),
      // Albumentations and wandb would call home.
      NO_ALBUMENTATIONS_UPDATE: '1',
      WANDB_MODE: 'disabled',
    },
    deadlineMs,
    signal,
  });
  if (!run.stopped && run.code !== 0)
    throw new Error(`img2dataset ended with code ${run.code}:\n${run.stderr.slice(-2000)}`);
  return { run, ...(await readStats(output)) };
}

async function readStats(folder: string): Promise<{ rows: number; successes: number }> {
  const files = (await readdir(folder)).filter((file) => file.endsWith('_stats.json'));
  const total = { rows: 0, successes: 0 };
  for (const file of files) {
    const stats: { count: number; successes: number } = JSON.parse(
      await readFile(join(folder, file), 'utf8'),
    );
    total.rows += stats.count;
    total.successes += stats.successes;
  }
  return total;
}
