/**
 * `npm run slurm-check`: runs the script that `laion-fetch slurm` prints on a Slurm of one node, as an array, with one
 * `scontrol requeue` and one SIGKILL of slurmstepd in the middle. The dataset must equal that of one machine, and nothing
 * may outlive its step. Needs root and Debian's packages slurmctld, slurmd, slurm-client and munge.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { cpus, hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { isDeepStrictEqual, promisify } from 'node:util';
import { CLI, runCli } from '../test/support/command/cli.ts';
import { digestFiles } from '../test/support/command/read-dataset.ts';
import { check } from './check.ts';
import { openGallery } from './clusters/gallery.ts';
import { descendants, endOf, isDecoder } from './clusters/processes.ts';

const run = promisify(execFile);
// Each part takes a quarter of a minute.
const [SHARDS, ROWS_OF_SHARD, PARTS, DELAY_MS] = [24, 20, 4, 2000];
const LIMIT_MS = 2_000;
/** A requeued task is pending for two minutes. */
const WAIT_MS = 8 * 60_000;

const gallery = await openGallery(SHARDS, ROWS_OF_SHARD, DELAY_MS);
const { folder } = gallery;
const daemons: ChildProcess[] = [];
const env = { ...process.env, SLURM_CONF: join(folder, 'slurm.conf'), LAION_FETCH_DECODERS: '1' };
const slurm = async (command: string, ...args: string[]): Promise<string> =>
  (await run(command, args, { env, cwd: folder })).stdout.trim();

try {
  await startSlurm();
  const output = join(folder, 'out');
  await mkdir(join(folder, 'bin'));
  const program = join(folder, 'bin', 'laion-fetch');
  await writeFile(program, `#!/bin/sh\nexec '${process.execPath}' '${CLI}' "$@"\n`);
  await chmod(program, 0o755);
  const line = ['slurm', ...gallery.line, '--output', output, '--machines', String(PARTS), '--per-host', '4'];
  const { stdout: script } = await runCli(line);
  await writeFile(join(folder, 'job.sh'), script);
  const path = `PATH=${join(folder, 'bin')}:${process.env['PATH']}`;
  const small = ['--cpus-per-task=1', '--mem=0', `--export=ALL,${path}`];
  const job = (await slurm('sbatch', '--parsable', ...small, 'job.sh')).split(';')[0] ?? '';

  const first = await stepOf(0);
  const tree = descendants(first).filter((each) => each.words.includes('laion-fetch') || isDecoder(each));
  process.kill(first, 'SIGKILL');
  const ms = await endOf(tree);
  check(`${tree.length} processes ended ${ms} ms after their slurmstepd`, ms !== null && ms <= LIMIT_MS);
  await stepOf(1);
  await slurm('scontrol', 'requeue', `${job}_1`);
  const since = performance.now();
  while (
    (
      await slurm('squeue', '--noheader', '--states=all', '--format=%i %T', `--job=${job}`).catch(() => '')
    ).match(/RUNNING|PENDING|COMPLETING|REQUEUED/)
  ) {
    if (performance.now() - since > WAIT_MS) break;
    await setTimeout(1000);
  }
  console.info(
    await slurm('squeue', '--states=all', '--array', `--job=${job}`).catch(() => 'squeue: the job is gone'),
  );
  // Whether Slurm begins a task again whose step was killed is its administrator's choice.
  if (Object.keys(digestFiles(output, '_stats.json')).length < SHARDS) {
    console.info('a part is left, whose step was killed: it is submitted again');
    await slurm('sbatch', '--wait', '--parsable', ...small, '--array=0', 'job.sh');
  }
  check(
    `${SHARDS} shards equal those of one machine`,
    isDeepStrictEqual(digestFiles(output, '.tar'), gallery.tars),
  );
  const verified = await runCli(['verify', output]);
  check(
    `verify ends with 0, got ${verified.code}: ${verified.stdout.trim().slice(0, 300)}`,
    verified.code === 0,
  );
} finally {
  for (const daemon of daemons.reverse()) daemon.kill('SIGTERM');
  await setTimeout(2000);
  for (const daemon of daemons) daemon.kill('SIGKILL');
  await gallery.close();
}

/** The slurmstepd of a task of the array, once it runs an engine with a decoder. */
async function stepOf(part: number): Promise<number> {
  const wanted = `--part ${part}/${PARTS}`;
  for (let tries = 0; tries < 600; tries += 1) {
    const steps = descendants(1).filter(({ words }) => words.startsWith('slurmstepd'));
    for (const { pid } of steps) {
      const under = descendants(pid);
      if (under.some(({ words }) => words.includes(wanted)) && under.some(isDecoder)) return pid;
    }
    await setTimeout(100);
  }
  throw new Error(`Part ${part} does not run after a minute: ${await slurm('squeue')}`);
}

async function startSlurm(): Promise<void> {
  const host = hostname().split('.')[0];
  for (const name of ['state', 'spool', 'munge']) await mkdir(join(folder, name), { mode: 0o755 });
  await chmod(folder, 0o755);
  const key = join(folder, 'munge', 'munge.key');
  await writeFile(key, Buffer.alloc(128, 7), { mode: 0o600 });
  const socket = join(folder, 'munge', 'socket');
  const file = (name: string): string => join(folder, 'munge', name);
  start(
    'munged',
    '--foreground',
    '--force',
    `--key-file=${key}`,
    `--socket=${socket}`,
    `--pid-file=${file('pid')}`,
    `--log-file=${file('log')}`,
    `--seed-file=${file('seed')}`,
  );
  const lines = [
    'ClusterName=check',
    `SlurmctldHost=${host}(127.0.0.1)`,
    `AuthInfo=socket=${socket}`,
    ...['SlurmUser=root', 'SlurmdUser=root', 'SlurmctldPort=16817', 'SlurmdPort=16818'],
    ...[`StateSaveLocation=${join(folder, 'state')}`, `SlurmdSpoolDir=${join(folder, 'spool')}`],
    ...[`SlurmctldPidFile=${join(folder, 'ctld.pid')}`, `SlurmdPidFile=${join(folder, 'd.pid')}`],
    ...['ProctrackType=proctrack/linuxproc', 'TaskPlugin=task/none', 'SlurmdParameters=config_overrides'],
    ...['SelectType=select/cons_tres', 'SelectTypeParameters=CR_Core', 'ReturnToService=2', 'JobRequeue=1'],
    `NodeName=${host} NodeAddr=127.0.0.1 CPUs=${cpus().length} State=UNKNOWN`,
    `PartitionName=all Nodes=${host} Default=YES MaxTime=INFINITE State=UP`,
  ];
  await writeFile(env.SLURM_CONF, `${lines.join('\n')}\n`);
  start('slurmctld', '-D');
  start('slurmd', '-D', '-N', host ?? '');
  for (let tries = 0; tries < 120; tries += 1) {
    const state = await slurm('sinfo', '--noheader', '--format=%T').catch(() => '');
    if (/^(idle|mixed|allocated)$/.test(state)) return;
    await setTimeout(500);
  }
  throw new Error(
    `Slurm has no idle node after a minute: ${await readFile(join(folder, 'daemons.log'), 'utf8')}`,
  );
}

function start(command: string, ...args: string[]): void {
  const child = spawn(command, args, { env, stdio: ['ignore', 'ignore', 'pipe'] });
  child.stderr.on(
    'data',
    (text) => void writeFile(join(folder, 'daemons.log'), text, { flag: 'a' }).catch(() => {}),
  );
  daemons.push(child);
}
