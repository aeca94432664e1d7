/**
 * Installs the readers of docs/training.md from PyPI, makes a dataset in each format, reads all of it with every reader,
 * and runs the examples of README.md and docs/training.md as they stand. Needs a registry, 10 GB of disk for PyTorch and
 * DALI, and Python 3.10 to 3.12: `npm run readers [-- wids dali ...]`. READERS names a virtual environment to keep.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeDatasets, SAMPLES } from './readers/make-datasets.ts';

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** The versions that were tried. */
const PACKAGES = [
  ...[
    'webdataset==1.0.2',
    'datasets==5.2.0',
    'pillow',
    'duckdb==2.0.1',
    'wids==0.1.11',
    'mlcroissant==1.1.1',
  ],
  ...[
    'open_clip_torch==3.3.0',
    'torchdata==0.11.0',
    'megatron-energon==7.4.1',
    'mosaicml-streaming==0.13.0',
    'nvidia-dali-cuda120==2.4.0',
  ],
];
/** open_clip ends in a KeyError with webdataset 1.0. */
const OLD_WEBDATASET = 'webdataset==0.2.86';

const READERS = [
  ...['webdataset', 'datasets', 'imagefolder', 'open_clip', 'wids', 'energon', 'dali', 'torchdata', 'duckdb'],
  ...['croissant', 'streaming', 'parquet'],
];

async function main(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'laion-fetch-readers-'));
  try {
    const environment = process.env['READERS'] ?? join(folder, 'environment');
    const python = install(environment);
    const made = await makeDatasets(folder);
    await rename(made.webdataset, join(folder, 'dataset'));
    await rename(made.files, join(folder, 'images'));
    const wanted = process.argv.slice(2);
    const failed: string[] = [];
    const report = (name: string, args: readonly string[], old: boolean): void => {
      if (!run(python, args, folder, old ? join(environment, 'old-webdataset') : null, name))
        failed.push(name);
    };
    for (const reader of wanted.length > 0 ? wanted : READERS) {
      const args = [at('readers/count.py'), reader, 'dataset', 'images', 'mds', 'parquet', String(SAMPLES)];
      report(reader, args, reader === 'open_clip');
    }
    for (const [number, { name, code }] of (wanted.length > 0 ? [] : await examples()).entries()) {
      const file = join(folder, `example-${number}.py`);
      await writeFile(file, code);
      report(name, [file], code.includes('open_clip'));
    }
    if (failed.length > 0) throw new Error(`These do not read the datasets: ${failed.join(', ')}`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Returns the interpreter of the virtual environment. */
function install(environment: string): string {
  const python = join(environment, 'bin', 'python');
  if (existsSync(python)) return python;
  const pip = (...args: readonly string[]): void => {
    execFileSync(python, ['-m', 'pip', 'install', '--quiet', '--no-input', ...args], { stdio: 'inherit' });
  };
  execFileSync('python3', ['-m', 'venv', environment], { stdio: 'inherit' });
  for (const each of PACKAGES) pip(each);
  pip('--no-deps', '--target', join(environment, 'old-webdataset'), OLD_WEBDATASET);
  return python;
}

/** Runs a program in Python and tells how it went. */
function run(
  python: string,
  args: readonly string[],
  cwd: string,
  path: string | null,
  name: string,
): boolean {
  const env = {
    ...process.env,
    PATH: `${join(python, '..')}:${process.env['PATH'] ?? ''}`,
    HF_HOME: join(cwd, 'cache'),
    ...(path === null ? {} : { PYTHONPATH: path }),
  };
  const { status, stderr } = spawnSync(python, args, { cwd, env, encoding: 'utf8', maxBuffer: 2 ** 26 });
  console.log(`${status === 0 ? 'reads' : 'FAILS'}  ${name}`);
  if (status !== 0) console.log(stderr.split('\n').slice(-12).join('\n'));
  return status === 0;
}

/** The Python of the pages, each piece with its page and the heading above it. */
async function examples(): Promise<readonly { readonly name: string; readonly code: string }[]> {
  const found = await Promise.all(
    ['README.md', 'docs/training.md'].map(async (page) => {
      const sections = (await readFile(at(`../${page}`), 'utf8')).split(/^## /m);
      return sections.flatMap((section) =>
        [...section.matchAll(/^```python\n(.*?)^```/gms)].map(([, code = '']) => ({
          name: `${page}: ${section.split('\n', 1)[0]}`,
          code,
        })),
      );
    }),
  );
  return found.flat();
}

await main();
