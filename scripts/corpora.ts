/**
 * Reads every Parquet and Arrow file of some folders with the readers of this program and with pyarrow, and compares
 * rows, names, types and values. Prints a table in Markdown, then each file that is not the same:
 * `npm run corpora -- <folder>...`. `PYTHON` is a Python with pyarrow.
 */
import { readdir, stat } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Peer } from './corpora/peer.ts';
import { isJudged, VERDICTS, type Verdict } from './corpora/verdicts.ts';

const INDEX = /\.(?:parquet|parq|arrow|arrow_file|feather|stream)$/;
const FUZZED = /\/(?:[\w-]*fuzz[\w-]*|arrow-ipc-(?:file|stream))\//;
const HERE = fileURLToPath(new URL('corpora/', import.meta.url));

interface Judged {
  readonly file: string;
  readonly verdict: Verdict;
  readonly detail: string;
}

async function main(folders: readonly string[]): Promise<void> {
  const reader = new Peer(process.execPath, ['--import', 'tsx', join(HERE, 'read-index.ts')]);
  const judge = new Peer(process.env['PYTHON'] ?? 'python3', [join(HERE, 'judge.py')]);
  const found = new Map<string, readonly Judged[]>();
  try {
    for (const folder of folders) {
      const judged: Judged[] = [];
      for (const path of await filesOf(folder)) {
        judged.push({ file: relative(folder, path), ...(await judgeFile(path, reader, judge)) });
      }
      found.set(basename(folder), judged);
    }
  } finally {
    reader.close();
    judge.close();
  }
  print(found);
}

/** The files with a known ending, and those of folders of fuzzed files. */
async function filesOf(folder: string): Promise<string[]> {
  const paths = (await readdir(folder, { recursive: true })).map((name) => join(folder, name)).sort();
  const files: string[] = [];
  for (const path of paths) {
    if (!(INDEX.test(path) || FUZZED.test(path)) || /\.(?:gz|md)$/.test(path)) continue;
    if ((await stat(path)).isFile()) files.push(path);
  }
  return files;
}

async function judgeFile(path: string, reader: Peer, judge: Peer): Promise<Omit<Judged, 'file'>> {
  const read = await reader.ask({ path });
  if ('failed' in read) return { verdict: 'crash', detail: String(read['failed']) };
  const judged = await judge.ask({ path, read });
  if ('failed' in judged) return { verdict: 'pyarrow crashes', detail: String(judged['failed']) };
  const { verdict, detail } = judged;
  if (!isJudged(verdict)) throw new Error(`Expected a verdict on ${path}, found ${verdict}`);
  return { verdict, detail: String(detail) };
}

function print(found: ReadonlyMap<string, readonly Judged[]>): void {
  const rows = [...found].map(([corpus, judged]) => {
    const counts = VERDICTS.map((verdict) => judged.filter((each) => each.verdict === verdict).length);
    return `| ${[corpus, judged.length, ...counts].join(' | ')} |`;
  });
  const heads = ['corpus', 'files', ...VERDICTS];
  console.log([`| ${heads.join(' | ')} |`, `|${heads.map(() => ' --- |').join('')}`, ...rows].join('\n'));
  for (const [corpus, judged] of found) {
    for (const { file, verdict, detail } of judged) {
      if (verdict !== 'same' && verdict !== 'both refuse')
        console.log(`${verdict}: ${corpus}/${file}: ${detail}`);
    }
  }
}

await main(process.argv.slice(2));
