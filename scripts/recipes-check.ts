/**
 * `npm run recipes-check`: runs the lines of docs/many-machines.md that need no scheduler as they stand there, with other
 * paths and addresses: GNU parallel over ssh, by parts and by a queue, processes of one machine, queues of Redis and
 * PostgreSQL. The machines are two addresses of loopback with a server of ssh. Each dataset must equal that of one machine,
 * and all that `parallel` has started must end with it. Needs Debian's packages parallel, openssh-server, openssh-client,
 * redis-server and postgresql.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chmod, copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import { CLI, runCli } from '../test/support/command/cli.ts';
import { digestFiles } from '../test/support/command/read-dataset.ts';
import { findRefusedPort } from '../test/support/servers/ports.ts';
import { startPostgres } from '../test/support/servers/postgres-server.ts';
import { startRedis } from '../test/support/servers/redis-server.ts';
import { check } from './check.ts';
import { openGallery } from './clusters/gallery.ts';
import { descendants, endOf, isDecoder, type Process } from './clusters/processes.ts';
import { watchRun } from './clusters/watch-run.ts';

const DOCUMENT = fileURLToPath(new URL('../docs/many-machines.md', import.meta.url));
const [SHARDS, ROWS_OF_SHARD, DELAY_MS] = [20, 10, 1500];
const LIMIT_MS = 2_000;
const MACHINES = ['127.0.0.1', '127.0.0.2'];

/** The command lines of the document; one that goes on in the next line is one. */
const commands = (await readFile(DOCUMENT, 'utf8'))
  .replaceAll(/\\\n */g, '')
  .split('\n')
  .flatMap((line) => /^ {4}(\S.*)/.exec(line)?.[1] ?? []);
const gallery = await openGallery(SHARDS, ROWS_OF_SHARD, DELAY_MS);
const { folder } = gallery;
const [index = '', ...reach] = gallery.line;
const output = join(folder, 'out');
const bin = join(folder, 'bin');
const env = { ...process.env, PATH: `${bin}:${process.env['PATH']}`, LC_ALL: 'C.UTF-8' };
let sshd: ChildProcess | undefined;
const ends: (() => unknown)[] = [() => gallery.close()];

try {
  await mkdir(bin);
  // What the reader of the recipe need not say: how the web of this check is reached.
  await program('laion-fetch', `exec '${process.execPath}' '${CLI}' "$@" ${reach.join(' ')} --decoders 1`);
  sshd = await startSshd();
  ends.push(() => sshd?.kill());
  await writeFile(
    join(folder, 'machines'),
    MACHINES.map((host) => `${userInfo().username}@${host}\n`).join(''),
  );
  const [redis, postgres] = [await startRedis(), await startPostgres()];
  ends.push(
    () => redis.stop(),
    () => postgres.stop(),
  );

  await checkRun('processes of one machine', command('seq ', 'xargs'));
  const parts = command('parallel ', '--part');
  await checkRun('parts by GNU parallel, of which one is killed', parts, async () => {
    const [first] = await runningEngines();
    if (first !== undefined) process.kill(first.pid, 'SIGKILL');
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGKILL'] as const) await checkEnd(parts, signal);
  await checkRun('a queue by GNU parallel', command('parallel ', '--queue', redis.url));
  await checkRun('a queue of Redis', command('laion-fetch ', '--queue redis:', redis.url));
  await checkRun('a queue of PostgreSQL', command('laion-fetch ', '--queue postgres:', postgres.url));
} finally {
  for (const end of ends.reverse()) await end();
}

/** The line of the document that starts so and has this word, with the paths and addresses of this check. */
function command(start: string, word: string, queue = ''): string {
  const line = commands.find((text) => text.startsWith(start) && text.includes(word));
  if (line === undefined) throw new Error(`${DOCUMENT} has no line '${start}... ${word}'`);
  return line
    .replace(/(\/data\/laion|s3:\/\/bucket\/index)\/\*\.parquet/, join(dirname(index), '*.parquet'))
    .replace(/\/data\/out|s3:\/\/bucket\/laion/, output)
    .replace(/(redis|postgres):\/\/[^\s']+/, queue);
}

/** Runs the line to its end, and meanwhile does what `disturb` does. */
async function checkRun(
  what: string,
  line: string,
  disturb: () => Promise<void> = async () => {},
): Promise<void> {
  const run = start(line);
  await disturb();
  const { code, said } = await run.result;
  check(`${what}: ends with 0, got ${code}${code === 0 ? '' : `: ${said}`}`, code === 0);
  const isSame = isDeepStrictEqual(digestFiles(output, '.tar'), gallery.tars);
  check(`${what}: ${SHARDS} shards equal those of one machine`, isSame);
  const verified = await runCli(['verify', output]);
  check(`${what}: verify ends with 0, got ${verified.code}`, verified.code === 0);
  await clear();
}

/** Ends `parallel` while parts run: with it, all that it has started. */
async function checkEnd(line: string, signal: NodeJS.Signals): Promise<void> {
  const run = start(line);
  const engines = await runningEngines();
  const all = engines.flatMap((engine) => [engine, ...descendants(engine.pid)]);
  process.kill(run.pid, signal);
  const ms = await endOf(all);
  check(`${signal} to parallel: ${all.length} processes ended ${ms} ms later`, ms !== null && ms <= LIMIT_MS);
  await run.result;
  await clear();
}

async function clear(): Promise<void> {
  await rm(output, { recursive: true, force: true });
  await rm(join(folder, 'parts.log'), { force: true });
}

/** Starts the line in a shell, which becomes its last command. */
function start(line: string) {
  return watchRun(
    spawn('bash', ['-c', line.startsWith('parallel') ? `exec ${line}` : line], {
      env,
      cwd: folder,
      stdio: ['ignore', 'ignore', 'pipe'],
    }),
  );
}

/** Waits until both machines run an engine with a decoder. */
async function runningEngines(): Promise<Process[]> {
  const isEngine = ({ words }: Process): boolean => words.includes(CLI) && words.includes(output);
  for (let tries = 0; tries < 600; tries += 1) {
    // Over ssh, they descend from the server.
    const engines = descendants(sshd?.pid ?? 0).filter(isEngine);
    if (engines.length === MACHINES.length && engines.every((each) => descendants(each.pid).some(isDecoder)))
      return engines;
    await setTimeout(100);
  }
  throw new Error('No machine runs a part after a minute');
}

async function program(name: string, text: string): Promise<void> {
  await writeFile(join(bin, name), `#!/bin/sh\n${text}\n`);
  await chmod(join(bin, name), 0o755);
}

/** A server of ssh on the addresses of the machines, with keys of its own, and `ssh` that finds it. */
async function startSshd(): Promise<ChildProcess> {
  const file = (name: string): string => join(folder, `ssh-${name}`);
  for (const key of ['host', 'user'])
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', file(key)]);
  await copyFile(file('user.pub'), file('keys'));
  const port = await findRefusedPort('127.0.0.1');
  const server = [
    ...[`Port ${port}`, ...MACHINES.map((host) => `ListenAddress ${host}`)],
    ...[`HostKey ${file('host')}`, `AuthorizedKeysFile ${file('keys')}`, 'StrictModes no', 'UsePAM no'],
    ...['PasswordAuthentication no', 'PidFile none'],
  ];
  const client = [
    ...['Host *', `Port ${port}`, `IdentityFile ${file('user')}`, 'IdentitiesOnly yes', 'LogLevel ERROR'],
    ...['StrictHostKeyChecking no', `UserKnownHostsFile ${file('known')}`],
  ];
  await writeFile(file('server.conf'), `${server.join('\n')}\n`);
  await writeFile(file('client.conf'), `${client.join('\n')}\n`);
  await program('ssh', `exec /usr/bin/ssh -F '${file('client.conf')}' "$@"`);
  // Without it, Debian's server does not start.
  if (process.getuid?.() === 0) await mkdir('/run/sshd', { recursive: true });
  return spawn('/usr/sbin/sshd', ['-D', '-f', file('server.conf')], { stdio: 'ignore' });
}
