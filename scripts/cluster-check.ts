/**
 * `npm run spark-check` and `npm run ray-check`: runs on a cluster of this machine, by `--distributor`. Something that runs
 * a part is killed, and the launcher. The dataset must equal that of one machine, what was started must end with who
 * started it, and a mistake must end the run at once. `LAION_FETCH_PYTHON` names a Python with pyspark or ray.
 */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import { CLI, runCli } from '../test/support/command/cli.ts';
import { digestFiles } from '../test/support/command/read-dataset.ts';
import { openGallery } from './clusters/gallery.ts';
import { descendants, endOf, type Process } from './clusters/processes.ts';

const PACKAGE = fileURLToPath(new URL('../python', import.meta.url));
const CLUSTERS = {
  spark: {
    flags: ['--distributor', 'pyspark', '--master', 'local-cluster[2,1,1024]'],
    // An executor, with its daemon of Python workers.
    victim: /CoarseGrainedExecutorBackend/,
  },
  ray: { flags: ['--distributor', 'ray', '--decoders', '1'], victim: /^ray::run_part/ },
} as const;
const [SHARDS, ROWS_OF_SHARD, SHARDS_OF_PART] = [40, 10, 4];
/** What a scheduler has started must end so soon after it. */
const LIMIT_MS = 2_000;

const [name = ''] = process.argv.slice(2);
const cluster = name === 'spark' || name === 'ray' ? CLUSTERS[name] : null;
if (cluster === null) throw new Error(`Expected spark or ray, got '${name}'`);
const env = {
  ...process.env,
  PYTHONPATH: PACKAGE,
  // Executors of a real cluster have their own.
  LAION_FETCH_BIN: CLI,
  RAY_USAGE_STATS_ENABLED: '0',
  SPARK_LOCAL_IP: '127.0.0.1',
};
let isRight = true;
function check(what: string, holds: boolean): void {
  isRight &&= holds;
  console.info(`${holds ? 'ok' : 'WRONG'}: ${what}`);
}

const isEngine = ({ words }: Process): boolean => words.includes('--part=') && /laion-fetch/.test(words);
const isDecoder = ({ words }: Process): boolean => words.endsWith('worker.js');

/** Starts the command, whose standard error is collected. */
function start(args: readonly string[]) {
  const child = spawn(process.execPath, [CLI, ...args], { env, stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const result = new Promise<{ code: number | null; said: string }>((resolve) => {
    child.once('close', (code) => resolve({ code, said }));
  });
  return { pid: child.pid ?? 0, kill: () => child.kill('SIGKILL'), result };
}

/** Waits until a process of this kind runs an engine with a decoder. */
async function waitFor(pid: number, wanted: RegExp): Promise<Process> {
  for (let tries = 0; tries < 1200; tries += 1) {
    const found = descendants(pid).find(
      (each) =>
        wanted.test(each.words) && [isEngine, isDecoder].every((is) => descendants(each.pid).some(is)),
    );
    if (found !== undefined) return found;
    await setTimeout(50);
  }
  throw new Error(`No process ${wanted} runs a part after a minute`);
}

const gallery = await openGallery(SHARDS, ROWS_OF_SHARD, 100);
try {
  const output = join(gallery.folder, 'out');
  const line = [...gallery.line, ...cluster.flags, '--subjob-size', String(SHARDS_OF_PART)];
  const since = performance.now();
  const run = start([...line, '--output', output]);
  const victim = await waitFor(run.pid, cluster.victim);
  const started = descendants(victim.pid).filter((each) => isEngine(each) || isDecoder(each));
  process.kill(victim.pid, 'SIGKILL');
  const ms = await endOf(started);
  check(`${started.length} processes of a killed worker ended after ${ms} ms`, ms !== null && ms <= LIMIT_MS);
  const { code, said } = await run.result;
  check(`the run ends with 0, got ${code}${code === 0 ? '' : `: ${said}`}`, code === 0);
  check(
    `${SHARDS} shards equal those of one machine`,
    isDeepStrictEqual(digestFiles(output, '.tar'), gallery.tars),
  );
  const verified = await runCli(['verify', output]);
  check(`verify ends with 0, got ${verified.code}`, verified.code === 0);
  console.info(
    `${Math.round((performance.now() - since) / 1000)} s; the last lines were:\n${said.split('\n').slice(-25).join('\n')}`,
  );

  const cut = start([...line, '--output', join(gallery.folder, 'cut')]);
  await waitFor(cut.pid, cluster.victim);
  const all = descendants(cut.pid);
  cut.kill();
  const engines = all.filter((each) => isEngine(each) || isDecoder(each));
  const enginesMs = await endOf(engines);
  check(
    `${engines.length} engines and decoders ended ${enginesMs} ms after the launcher`,
    enginesMs !== null,
  );
  const allMs = await endOf(all);
  check(`all ${all.length} processes ended ${allMs} ms after that`, allMs !== null);
  await cut.result;

  const index = join(gallery.folder, 'gone.parquet');
  const wrong = await start([index, ...line.slice(1), '--output', join(gallery.folder, 'wrong')]).result;
  check(`a missing index ends with 3, got ${wrong.code}: ${wrong.said.trim()}`, wrong.code === 3);
  // The first part writes here; a mistake that only the machines of the cluster meet.
  const blocked = join(gallery.folder, 'index.parquet', 'out');
  const refused = await start([...line, '--output', blocked]).result;
  const lines = refused.said.split('\n').filter((text) => text.startsWith('laion-fetch: part'));
  check(
    `an output that cannot be written ends with 4, got ${refused.code}: ${lines.join(' ')}`,
    refused.code === 4 && lines.length === 1,
  );
  if (refused.code !== 4) console.info(refused.said, readFileSync('/proc/loadavg', 'utf8'));
} finally {
  await gallery.close();
}
process.exitCode = isRight ? 0 : 1;
