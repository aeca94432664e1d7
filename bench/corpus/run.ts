/**
 * Runs laion-fetch over a folder of images of any origin, and lets other programs read what it keeps:
 *
 *   READERS_PYTHON=env/bin/python npm run bench:corpus -- FOLDER [WAY ...]
 */
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { type FileServer, startFileServer } from '../compare/file-server.ts';
import { describeMachine } from '../machine.ts';
import { countOutcomes, type Outcomes, runOnce, verifyDeeply } from './outcomes.ts';
import { describeRefusal, isRefusedByAll, readKept } from './readers.ts';

/** Flags for each way in which images are kept, checked or encoded anew. */
const WAYS: Readonly<Record<string, readonly string[]>> = {
  original: ['--encode-format', 'original'],
  'skip-reencode': ['--resize-mode', 'no', '--skip-reencode'],
  scaled: ['--image-size', '256'],
};
/** Decoders of each run. The last run repeats the one before it. */
const RUNS = [1, 3, 3];

const [folder, ...chosen] = process.argv.slice(2);
const python = process.env['READERS_PYTHON'];
if (folder === undefined || chosen.some((way) => !(way in WAYS)))
  throw new Error(
    `usage: npm run bench:corpus -- FOLDER [WAY ...]; a way is ${Object.keys(WAYS).join(', ')}`,
  );
if (python === undefined) throw new Error('Expected a Python with Pillow and OpenCV in READERS_PYTHON');

const files = await listFiles(resolve(folder));
const scratch = await mkdtemp(join(tmpdir(), 'laion-fetch-corpus-'));
const server = await serve(files, scratch);
try {
  console.log(`${describeMachine()}, ${files.length} files\n`);
  console.log('| way | decoders | seconds | images | failures |\n|---|--:|--:|--:|---|');
  const problems: string[] = [];
  const report: string[] = [];
  for (const way of chosen.length === 0 ? Object.keys(WAYS) : chosen)
    problems.push(...(await tryWay(way, report)));
  for (const line of report) console.log(line);
  console.log(problems.length === 0 ? '\nno problem' : `\nPROBLEMS\n${problems.join('\n')}`);
  process.exitCode = problems.length === 0 ? 0 : 1;
} finally {
  await server.stop();
  await rm(scratch, { recursive: true, force: true });
}

/** Runs one way several times and prints a line for each run. Returns what should not be. */
async function tryWay(way: string, report: string[]): Promise<string[]> {
  const problems: string[] = [];
  let first: Outcomes | undefined;
  for (const [run, decoders] of RUNS.entries()) {
    const output = join(scratch, `${way}-${run}`);
    const flags = [...(WAYS[way] ?? []), '--decoders', String(decoders)];
    const outcomes = await runOnce(join(scratch, 'index.txt'), output, flags);
    const counts = countOutcomes(outcomes);
    console.log(
      `| ${[way, decoders, outcomes.seconds.toFixed(0), counts.successes, counts.failures].join(' | ')} |`,
    );
    if (outcomes.rows.length !== files.length) problems.push(`${way}: ${outcomes.rows.length} rows`);
    first ??= outcomes;
    for (const [row, facts] of outcomes.rows.entries()) {
      if (!isDeepStrictEqual(facts, first.rows[row]))
        problems.push(`${way}, ${decoders} decoders: another outcome for ${files[row]}`);
    }
    if (!isDeepStrictEqual(outcomes.tars, first.tars))
      problems.push(`${way}, ${decoders} decoders: other tars`);
    if (way === 'original' && run === 0) problems.push(...(await readBack(output, outcomes, report)));
    await rm(output, { recursive: true });
  }
  return problems;
}

/** Lets other programs read the kept JPEGs and PNGs, and names each that any of them refuses. */
async function readBack(output: string, { rows }: Outcomes, report: string[]): Promise<string[]> {
  const verified = await verifyDeeply(output);
  const { count, refusals } = await readKept(python ?? '', output);
  report.push(`\n${count} kept JPEGs and PNGs, ${refusals.length} of them refused by some reader`);
  const places = new Map(rows.map((row, place) => [row['key'], place]));
  const name = (key: string): string => relative(resolve(folder ?? ''), files[places.get(key) ?? -1] ?? key);
  for (const refusal of refusals) report.push(`- ${name(refusal.key)}: ${describeRefusal(refusal)}`);
  const refused = refusals.filter(isRefusedByAll).map(({ key }) => `kept, but refused by all: ${name(key)}`);
  return verified === null ? refused : [`verify --deep: ${verified}`, ...refused];
}

async function listFiles(root: string): Promise<string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  return entries.flatMap((entry) => (entry.isFile() ? [join(entry.parentPath, entry.name)] : [])).sort();
}

/** Serves the files under their numbers, which are the rows of `index.txt` in `scratch`. */
async function serve(paths: readonly string[], scratch: string): Promise<FileServer> {
  const [root, own] = [join(scratch, 'root'), join(scratch, 'server')];
  await mkdir(root);
  await mkdir(own);
  for (const [row, path] of paths.entries()) await symlink(path, join(root, `${row}.jpg`));
  const started = await startFileServer(root, own);
  const urls = paths.map((_, row) => `http://127.0.0.1:${started.http}/${row}.jpg\n`);
  await writeFile(join(scratch, 'index.txt'), urls.join(''));
  return started;
}
