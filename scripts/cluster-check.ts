/**
 * `npm run spark-check` and `npm run ray-check`: runs on a cluster of this machine, by `--distributor`; Ray also on several
 * nodes. Something that runs a part is killed (an executor, a worker, a node), then the launcher, then the driver. The
 * dataset must equal that of one machine, what was started must end with who started it, the same command must resume, and
 * a mistake must end the run at once. `LAION_FETCH_PYTHON` names a Python with pyspark or ray.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import { CLI, runCli } from '../test/support/command/cli.ts';
import { digestFiles } from '../test/support/command/read-dataset.ts';
import { check } from './check.ts';
import { openGallery } from './clusters/gallery.ts';
import { descendants, endOf, isDecoder, type Process } from './clusters/processes.ts';
import { watchRun } from './clusters/watch-run.ts';

const PACKAGE = fileURLToPath(new URL('../python', import.meta.url));
const NODES_PROGRAM = fileURLToPath(new URL('clusters/ray-nodes.py', import.meta.url));
const CLUSTERS = {
  spark: {
    flags: ['--distributor', 'pyspark', '--master', 'local-cluster[2,1,1024]'],
    // An executor, with its daemon of Python workers.
    victim: /CoarseGrainedExecutorBackend/,
  },
  ray: { flags: ['--distributor', 'ray', '--decoders', '1'], victim: /^ray::run_part/ },
  'ray-nodes': { flags: ['--distributor', 'ray', '--address'], victim: /raylet\/raylet / },
} as const;
const NODES = 3;
const [SHARDS, ROWS_OF_SHARD, SHARDS_OF_PART] = [40, 10, 4];
/** What a scheduler has started must end so soon after it. */
const LIMIT_MS = 2_000;
/** Spark's machines learn of the driver's end from its virtual machine, which ends first. */
const DRIVER_LIMIT_MS = 5_000;

const [name = ''] = process.argv.slice(2);
const cluster = name === 'spark' || name === 'ray' || name === 'ray-nodes' ? CLUSTERS[name] : null;
if (cluster === null) throw new Error(`Expected spark, ray or ray-nodes, got '${name}'`);
const env = {
  ...process.env,
  PYTHONPATH: PACKAGE,
  // Executors of a real cluster have their own.
  LAION_FETCH_BIN: CLI,
  RAY_USAGE_STATS_ENABLED: '0',
  SPARK_LOCAL_IP: '127.0.0.1',
};
const isSoon = (ms: number | null, limitMs = LIMIT_MS): boolean => ms !== null && ms <= limitMs;
const isEngine = ({ words }: Process): boolean => words.includes('--part=') && /laion-fetch/.test(words);

/** Starts the command, whose standard error is collected. */
const start = (args: readonly string[]) =>
  watchRun(spawn(process.execPath, [CLI, ...args], { env, stdio: ['ignore', 'ignore', 'pipe'] }));

/** A cluster that runs before the driver starts, and its address. */
async function startNodes(): Promise<{ pid: number; address: string; stop(): Promise<unknown> }> {
  const python = process.env['LAION_FETCH_PYTHON'] ?? 'python3';
  const child = spawn(python, [NODES_PROGRAM, `${NODES}`], { env, stdio: ['pipe', 'pipe', 'ignore'] });
  const ended = once(child, 'exit');
  const [address]: unknown[] = await once(child.stdout.setEncoding('utf8'), 'data');
  const stop = (): Promise<unknown> => {
    child.stdin.end();
    return ended;
  };
  return { pid: child.pid ?? 0, address: String(address).trim(), stop };
}

/** Waits until a process of this kind runs an engine with a decoder. */
async function waitFor(pids: readonly number[], wanted: RegExp): Promise<Process> {
  for (let tries = 0; tries < 3600; tries += 1) {
    const found = pids
      .flatMap(descendants)
      .find(
        (each) =>
          wanted.test(each.words) && [isEngine, isDecoder].every((is) => descendants(each.pid).some(is)),
      );
    if (found !== undefined) return found;
    await setTimeout(50);
  }
  throw new Error(`No process ${wanted} runs a part after three minutes`);
}

const gallery = await openGallery(SHARDS, ROWS_OF_SHARD, 100);
const nodes = name === 'ray-nodes' ? await startNodes() : null;
try {
  const output = join(gallery.folder, 'out');
  const where = nodes === null ? cluster.flags : [...cluster.flags, nodes.address];
  const line = [...gallery.line, ...where, '--subjob-size', String(SHARDS_OF_PART)];
  const since = performance.now();
  const run = start([...line, '--output', output]);
  const above = nodes === null ? [] : [nodes.pid];
  const victim = await waitFor([run.pid, ...above], cluster.victim);
  const started = descendants(victim.pid).filter((each) => isEngine(each) || isDecoder(each));
  process.kill(victim.pid, 'SIGKILL');
  const ms = await endOf(started);
  check(
    `${started.length} processes of a killed ${name === 'ray-nodes' ? 'node' : 'worker'} ended after ${ms} ms`,
    isSoon(ms),
  );
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

  const resumed = join(gallery.folder, 'resumed');
  for (const who of ['launcher', 'driver'] as const) {
    const cut = start([...line, '--output', resumed]);
    await waitFor([cut.pid, ...above], cluster.victim);
    const all = descendants(cut.pid);
    const engines = [...all, ...above.flatMap(descendants)].filter(
      (each) => isEngine(each) || isDecoder(each),
    );
    const driver = all.find(({ words }) => words.includes('laion_fetch.distribute'));
    process.kill(who === 'launcher' ? cut.pid : (driver?.pid ?? 0), 'SIGKILL');
    const enginesMs = await endOf(engines);
    check(
      `${engines.length} engines and decoders ended ${enginesMs} ms after the ${who}`,
      isSoon(enginesMs, DRIVER_LIMIT_MS),
    );
    const allMs = await endOf(all);
    check(`all ${all.length} processes ended ${allMs} ms after that`, allMs !== null);
    await cut.result;
    // The names of ended parts keep nobody out.
    const retried = await runCli(['retry', resumed]);
    check(`retry finds the run unfinished, got ${retried.code}`, /not finished/.test(retried.stderr));
  }
  const again = await start([...line, '--output', resumed]).result;
  check(`the same command resumes, got ${again.code}`, again.code === 0);
  check(
    `${SHARDS} shards equal those of one machine`,
    isDeepStrictEqual(digestFiles(resumed, '.tar'), gallery.tars),
  );
  const repaired = await runCli(['verify', '--repair', resumed]);
  check(`verify --repair ends with 0, got ${repaired.code}`, repaired.code === 0);

  const index = join(gallery.folder, 'gone.parquet');
  const wrong = await start([index, ...line.slice(1), '--output', join(gallery.folder, 'wrong')]).result;
  check(`a missing index ends with 3, got ${wrong.code}: ${wrong.said.trim()}`, wrong.code === 3);
  // The first part writes here; a mistake that only the machines of the cluster meet.
  const blocked = join(gallery.folder, 'index.parquet', 'out');
  const refused = await start([...line, '--output', blocked]).result;
  const lines = refused.said.split(/[\r\n]/).filter((text) => text.trim().startsWith('laion-fetch: part'));
  check(
    `an output that cannot be written ends with 4, got ${refused.code}: ${lines.join(' ')}`,
    refused.code === 4 && lines.length === 1,
  );
  if (refused.code !== 4) console.info(refused.said, readFileSync('/proc/loadavg', 'utf8'));
} finally {
  await nodes?.stop();
  await gallery.close();
}
