import { copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { CLI } from '../test/support/command/cli.ts';
import { type ClientRun, runClient } from './web/run-client.ts';

/** A command line that is to run until it ends. */
export interface ClientJob {
  /** Flags of Node itself. */
  readonly nodeFlags?: readonly string[];
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly deadlineMs: number;
  readonly signal: AbortSignal;
}

export interface ClientResult {
  readonly run: ClientRun;
  /** Rows with an outcome, and how many of them are images in the dataset. */
  readonly rows: number;
  readonly successes: number;
}

/** How a client reaches a web on loopback whose names only its own name server knows. */
export interface PrivateWeb {
  /** PEM file of the authority that signed the certificates of the web. */
  readonly ca: string;
  readonly dnsPort: number;
}

const LOOKUP = fileURLToPath(new URL('web/sitecustomize.py', import.meta.url));

/** Printed if `IMG2DATASET` names no command. */
export const HOW_TO_INSTALL =
  'Skipping img2dataset: set IMG2DATASET to the path of its command, for example after ' +
  "'python3 -m venv env && env/bin/pip install img2dataset==1.47.0' to env/bin/img2dataset";

/** Runs the built command; `args` must not hold `--progress`. */
export async function runLaionFetch({ nodeFlags = [], args, ...job }: ClientJob): Promise<ClientResult> {
  const command = [...nodeFlags, CLI, ...args, '--progress', 'json', '--json'];
  const run = await runClient({ ...job, command: process.execPath, args: command });
  if (run.code !== 0) throw new Error(`laion-fetch ended with code ${run.code}:\n${run.stderr.slice(-2000)}`);
  const summary: { rows: number; successes: number } = JSON.parse(run.stdout);
  return { run, rows: summary.rows, successes: summary.successes };
}

/** Seconds that `plan` predicts for the same command line, without the flags that only a run accepts. */
export async function planLaionFetch({ args, ...job }: ClientJob): Promise<number> {
  const run = await runClient({ ...job, command: process.execPath, args: [CLI, 'plan', ...args, '--json'] });
  if (run.code !== 0) throw new Error(`plan ended with code ${run.code}:\n${run.stderr.slice(-2000)}`);
  const plan: { prediction: { seconds: number } } = JSON.parse(run.stdout);
  return plan.prediction.seconds;
}

/** Runs img2dataset. `tool` is the path of its command; the arguments are for 1.47.0. */
export async function runImg2dataset(
  tool: string,
  output: string,
  { args, env, ...job }: ClientJob,
): Promise<ClientResult> {
  const run = await runClient({
    ...job,
    command: tool,
    args: ['--output_folder', output, ...args],
    // Keeps albumentations and wandb from calling home.
    env: { ...env, NO_ALBUMENTATIONS_UPDATE: '1', WANDB_MODE: 'disabled' },
  });
  if (!run.stopped && run.code !== 0)
    throw new Error(`img2dataset ended with code ${run.code}:\n${run.stderr.slice(-2000)}`);
  return { run, ...(await readStats(output)) };
}

/** Flags that let laion-fetch reach a private web. */
export function reachAsNode({ ca, dnsPort }: PrivateWeb) {
  return { args: ['--resolver', `127.0.0.1:${dnsPort}`], env: { NODE_EXTRA_CA_CERTS: ca } };
}

/** Environment that lets Python reach it, by modules that this function writes to `folder`. */
export async function reachAsPython(
  { ca, dnsPort }: PrivateWeb,
  folder: string,
): Promise<Record<string, string>> {
  await mkdir(folder);
  await copyFile(LOOKUP, join(folder, 'sitecustomize.py'));
  // Python reads all authorities again for each connection. Their usual number makes this slow; one would flatter it.
  const authorities = join(folder, 'authorities.pem');
  await writeFile(authorities, [...rootCertificates, await readFile(ca, 'utf8')].join('\n'));
  return { SSL_CERT_FILE: authorities, PYTHONPATH: folder, WEB_DNS_PORT: String(dnsPort) };
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
