/**
 * `npm run recheck-faults [step]`: a recheck with --remove that is killed before each call (or every nth) that changes a file,
 * and started again. Its tars, its outcomes and its list of removed rows must equal those of one that nobody killed.
 */
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { startBox } from '../test/support/box/box.ts';
import { changingOwners } from '../test/support/box/changing-owners.ts';
import { runCli } from '../test/support/command/cli.ts';
import { digestFiles, readMetadata } from '../test/support/command/read-dataset.ts';

const STEP = Number(process.argv[2] ?? 1);
const owners = changingOwners();
const folder = await mkdtemp(join(tmpdir(), 'laion-fetch-recheck-faults-'));
const box = await startBox(owners.script);
const reach = ['--resolver', box.dns, '--allow-private', '127.0.0.0/8', '--insecure-tls', '--retries', '0'];
const ASKS = { LAION_FETCH_RIGHTS_FILES: 'robots.txt,tdmrep.json' };

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

const envFor = (nth: number): Record<string, string> => ({
  ...ASKS,
  NODE_OPTIONS: `--import=data:text/javascript;base64,${Buffer.from(preload(nth)).toString('base64')}`,
});
const recheck = (output: string, env: Record<string, string>) =>
  runCli(['recheck', output, '--remove', '--quiet', ...reach], { env, timeoutMs: 120_000 });

/** What must not depend on kills. The list of removed rows has moments in comments. */
async function stateOf(output: string) {
  const rows = await readMetadata(output);
  const list = (await readFile(join(output, '.laion-fetch/removed.txt'), 'utf8').catch(() => '')).split('\n');
  return {
    tars: digestFiles(output, '.tar'),
    // A crash may leave a lock that nobody had yet.
    files: Object.keys(digestFiles(output, '')).filter((name) => !name.startsWith('.laion-fetch.lock')),
    rows: rows.map(({ fetched_at: _, ...row }) => row),
    removed: [...new Set(list.filter((line) => line.startsWith('url-sha256:')))].sort(),
  };
}

try {
  const index = join(folder, 'index.jsonl');
  const lines = owners.rows.map(([host, path]) =>
    JSON.stringify({ url: box.url(host, path), caption: path }),
  );
  await writeFile(index, lines.join('\n'));
  const before = join(folder, 'before');
  const made = await runCli(
    [index, '--output', before, '--number-sample-per-shard', '4', '--max-shard-bytes', '4000', ...reach],
    { env: ASKS },
  );
  if (made.code !== 0) throw new Error(`The download failed: ${made.stderr}`);
  owners.change();
  const whole = join(folder, 'whole');
  await cp(before, whole, { recursive: true });
  const undisturbed = await recheck(whole, envFor(0));
  const points = Number(/CALLS (\d+)/.exec(undisturbed.stderr)?.[1] ?? 0);
  if (undisturbed.code !== 0 || points === 0) throw new Error(`The recheck failed: ${undisturbed.stderr}`);
  const expected = await stateOf(whole);
  let [kills, wrong] = [0, 0];
  for (let nth = 1; nth <= points; nth += STEP) {
    const output = join(folder, `killed-${nth}`);
    await cp(before, output, { recursive: true });
    if ((await recheck(output, envFor(nth))).signal === 'SIGKILL') kills += 1;
    const { code, stderr } = await recheck(output, ASKS);
    const verified = await runCli(['verify', output], { timeoutMs: 120_000 });
    const state = await stateOf(output);
    const different = Object.keys(expected).filter(
      (name) => !isDeepStrictEqual(state[name as keyof typeof state], expected[name as keyof typeof state]),
    );
    if (code !== 0 || verified.code !== 0 || different.length > 0) {
      wrong += 1;
      console.error(`WRONG before call ${nth}: ${code} ${stderr} ${verified.stdout} different: ${different}`);
    }
    await rm(output, { recursive: true, force: true });
  }
  console.info(`${kills} kills at ${points} points, ${wrong} wrong`);
  process.exitCode = wrong === 0 ? 0 : 1;
} finally {
  await box.close();
  await rm(folder, { recursive: true, force: true });
}
