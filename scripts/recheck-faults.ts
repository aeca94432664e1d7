/**
 * `npm run recheck-faults [step] [program]`: a recheck with --remove that is killed before each call (or every nth) that changes
 * a file, or before each request that changes a store of this program (versitygw, moto, seaweedfs), and started again, in
 * a store every second time without the scratch folder, as on another machine. Its tars, its outcomes, its tables of rights and its
 * list of removed rows must equal those of one that nobody killed, and `verify --deep` must find nothing.
 */
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, request } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { startBox } from '../test/support/box/box.ts';
import { changingOwners } from '../test/support/box/changing-owners.ts';
import { runCli, spawnCli } from '../test/support/command/cli.ts';
import { digestFiles, readMetadata } from '../test/support/command/read-dataset.ts';
import type { CommandResult } from '../test/support/command/start-node.ts';
import { S3Files } from '../test/support/stores/bucket-files.ts';
import { type S3Program, startS3Server } from '../test/support/stores/s3-server.ts';

const STEP = Number(process.argv[2] ?? 1);
const PROGRAM = process.argv[3] as S3Program | undefined;
type Env = Readonly<Record<string, string>>;

/** Where datasets are, and how commands are killed there. */
interface Place {
  readonly env: Env;
  /** The location of a dataset. */
  at(name: string): string;
  /** Makes a copy of a dataset; returns its location. */
  copy(from: string, name: string): Promise<string>;
  /** Runs a command, and kills it before its nth change; 0 for never. */
  run(words: readonly string[], nth: number): Promise<CommandResult & { readonly changes: number }>;
  /** A local folder with the dataset's files. */
  files(location: string): Promise<string>;
  /** Prepares the start after a kill. */
  afterKill(nth: number): Promise<void>;
  /** What must not be left. */
  leftovers(): Promise<number>;
  close(): Promise<void>;
}

const owners = changingOwners();
const folder = await mkdtemp(join(tmpdir(), 'laion-fetch-recheck-faults-'));
const box = await startBox(owners.script);
const reach = ['--resolver', box.dns, '--allow-private', '127.0.0.0/8', '--insecure-tls', '--retries', '0'];
const ASKS = { LAION_FETCH_RIGHTS_FILES: 'robots.txt,tdmrep.json' };
const LIMIT = { timeoutMs: 120_000 };

/** Counts the calls that change files, prints their number at the end, and kills the process before the nth. */
const preload = (nth: number): string => `
  import fs from 'node:fs/promises';
  import { writeSync } from 'node:fs';
  import { syncBuiltinESMExports } from 'node:module';
  let calls = 0;
  const count = (object, name) => {
    const call = object[name];
    object[name] = function (...args) {
      calls += 1;
      if (calls === ${nth}) process.kill(process.pid, 'SIGKILL');
      return call.apply(this, args);
    };
  };
  const handle = await fs.open('/dev/null');
  const files = Object.getPrototypeOf(handle);
  await handle.close();
  for (const name of ['rename', 'rm', 'rmdir', 'mkdir', 'link', 'appendFile', 'truncate']) count(fs, name);
  for (const name of ['write', 'writev', 'writeFile', 'appendFile', 'sync', 'datasync']) count(files, name);
  syncBuiltinESMExports();
  process.on('exit', () => writeSync(2, 'CALLS ' + calls + '\\n'));`;

const disk = (): Place => ({
  env: ASKS,
  at: (name) => join(folder, name),
  copy: async (from, name) => {
    await cp(from, join(folder, name), { recursive: true });
    return join(folder, name);
  },
  run: async (words, nth) => {
    const script = Buffer.from(preload(nth)).toString('base64');
    const env = { ...ASKS, NODE_OPTIONS: `--import=data:text/javascript;base64,${script}` };
    const result = await runCli(words, { env, ...LIMIT });
    return { ...result, changes: Number(/CALLS (\d+)/.exec(result.stderr)?.[1] ?? 0) };
  },
  files: async (location) => location,
  afterKill: async () => {},
  leftovers: async () => 0,
  close: async () => {},
});

/** A bucket behind a proxy, which kills the command before it passes on its nth request that changes something. */
async function bucket(program: S3Program): Promise<Place> {
  const server = await startS3Server(program);
  const name = await server.newBucket();
  const objects = new S3Files(server, name);
  const { hostname, port } = new URL(server.endpoint);
  const credentials = {
    accessKeyId: server.env['AWS_ACCESS_KEY_ID'] ?? '',
    secretAccessKey: server.env['AWS_SECRET_ACCESS_KEY'] ?? '',
  };
  const client = new S3Client({
    ...{ endpoint: server.endpoint, region: 'us-east-1', credentials, forcePathStyle: true },
  });
  let [changes, fatal, kill] = [0, 0, () => {}];
  const proxy = createServer((incoming, outgoing) => {
    const { method = 'GET', url, headers } = incoming;
    if (method !== 'GET' && method !== 'HEAD') changes += 1;
    if (fatal > 0 && changes >= fatal) {
      kill();
      incoming.socket.destroy();
      return;
    }
    const forwarded = request({ hostname, port, method, path: url, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
      answer.pipe(outgoing);
    });
    forwarded.on('error', () => incoming.socket.destroy());
    incoming.pipe(forwarded);
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const bound = proxy.address();
  const own = bound !== null && typeof bound === 'object' ? bound.port : 0;
  const scratch = join(folder, 'scratch');
  const env = {
    ...{ ...ASKS, ...server.env, AWS_ENDPOINT_URL: `http://127.0.0.1:${own}`, LAION_FETCH_SCRATCH: scratch },
  };
  const inBucket = (location: string): string => location.slice(`s3://${name}/`.length);
  const keysOf = async (location: string): Promise<string[]> =>
    (await objects.keys()).filter((key) => key.startsWith(`${inBucket(location)}/`));
  return {
    env,
    at: (each) => `s3://${name}/${each}`,
    copy: async (from, to) => {
      for (const key of await keysOf(from)) {
        const Key = `${to}${key.slice(inBucket(from).length)}`;
        await client.send(new PutObjectCommand({ Bucket: name, Key, Body: await objects.bytes(key) }));
      }
      return `s3://${name}/${to}`;
    },
    run: async (words, nth) => {
      [changes, fatal] = [0, nth];
      const running = spawnCli(words, { env, ...LIMIT });
      kill = () => running.kill('SIGKILL');
      const result = await running.result;
      fatal = 0;
      return { ...result, changes };
    },
    files: async (location) => {
      const copy = join(folder, 'copies', inBucket(location));
      for (const key of await keysOf(location)) {
        const path = join(folder, 'copies', key);
        await mkdir(dirname(path), { recursive: true });
        await writeFile(path, await objects.bytes(key));
      }
      return copy;
    },
    afterKill: async (nth) => {
      if (nth % 2 === 0) await rm(scratch, { recursive: true, force: true });
    },
    leftovers: () => objects.openUploads(),
    close: async () => {
      client.destroy();
      proxy.close();
      proxy.closeAllConnections();
      await server.stop();
    },
  };
}

/** What must not depend on kills. The list of removed rows has moments in comments. */
async function stateOf(place: Place, location: string) {
  const output = await place.files(location);
  const rows = await readMetadata(output);
  const digests = digestFiles(output, '');
  const list = (await readFile(join(output, '.laion-fetch/removed.txt'), 'utf8').catch(() => '')).split('\n');
  return {
    tars: digestFiles(output, '.tar'),
    // A crash may leave a lock that nobody had yet, and decisions that nobody carried out.
    files: Object.keys(digests).filter((name) => !/^\.laion-fetch(\.lock|\/commit\/)/.test(name)),
    rights: Object.entries(digests).filter(([name]) => name.startsWith('.laion-fetch/rights.parquet/')),
    rows: rows.map(({ fetched_at: _, ...row }) => row),
    removed: [...new Set(list.filter((line) => line.startsWith('url-sha256:')))].sort(),
  };
}

const place = PROGRAM === undefined ? disk() : await bucket(PROGRAM);
const recheck = (output: string, nth: number) =>
  place.run(['recheck', output, '--remove', '--quiet', ...reach], nth);

try {
  const index = join(folder, 'index.jsonl');
  const lines = owners.rows.map(([host, path]) =>
    JSON.stringify({ url: box.url(host, path), caption: path }),
  );
  await writeFile(index, lines.join('\n'));
  const before = place.at('before');
  const shape = ['--number-sample-per-shard', '4', '--max-shard-bytes', '4000'];
  const download = await place.run([index, '--output', before, ...shape, ...reach], 0);
  if (download.code !== 0) throw new Error(`The download failed: ${download.stderr}`);
  owners.change();
  const whole = await place.copy(before, 'whole');
  const undisturbed = await recheck(whole, 0);
  const points = undisturbed.changes;
  if (undisturbed.code !== 0 || points === 0) throw new Error(`The recheck failed: ${undisturbed.stderr}`);
  const expected = await stateOf(place, whole);
  let [kills, wrong] = [0, 0];
  for (let nth = 1; nth <= points; nth += STEP) {
    const output = await place.copy(before, `killed-${nth}`);
    if ((await recheck(output, nth)).signal === 'SIGKILL') kills += 1;
    await place.afterKill(nth);
    const { code, stderr } = await recheck(output, 0);
    const verified = await runCli(['verify', output, '--deep'], { env: place.env, ...LIMIT });
    const state = await stateOf(place, output);
    const different = Object.keys(expected).filter(
      (name) => !isDeepStrictEqual(state[name as keyof typeof state], expected[name as keyof typeof state]),
    );
    const left = await place.leftovers();
    if (code !== 0 || verified.code !== 0 || different.length > 0 || left > 0) {
      wrong += 1;
      console.error(
        `WRONG before change ${nth}: ${code} ${stderr} ${verified.stdout} different: ${different}, left: ${left}`,
      );
    }
    if (PROGRAM === undefined) await rm(output, { recursive: true, force: true });
  }
  console.info(`${kills} kills at ${points} points, ${wrong} wrong`);
  process.exitCode = wrong === 0 ? 0 : 1;
} finally {
  await Promise.all([box.close(), place.close()]);
  await rm(folder, { recursive: true, force: true });
}
