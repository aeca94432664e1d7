/**
 * Builds the wheel of python/, installs it with Node's wheel into an empty environment, installs the packed command there
 * and makes datasets with its `download`; then compares them with those of img2dataset 1.47.0. Needs the registries of
 * Python and npm, 1 GB of disk and a Python that img2dataset runs on: `PYTHON=python3.11 npm run python-check`.
 * IMG2DATASET names an interpreter that has img2dataset already.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { WEB } from '../test/differential/web.ts';
import { startBox } from '../test/support/box/box.ts';

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const PYTHON = process.env['PYTHON'] ?? 'python3';

async function main(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'laion-fetch-python-'));
  const box = await startBox(WEB);
  try {
    const ours = await install(join(folder, 'ours'));
    const theirs = process.env['IMG2DATASET'] ?? (await installImg2dataset(join(folder, 'theirs')));
    const web = `http://127.0.0.1:${box.ports.http}`;
    for (const [python, module] of [
      [theirs, 'img2dataset'],
      [ours, 'laion_fetch'],
    ] as const) {
      await mkdir(join(folder, module));
      await run(python, [at('python/datasets.py'), module, web, join(folder, module)], ENVIRONMENT);
    }
    await run(theirs, [at('python/compare.py'), join(folder, 'img2dataset'), join(folder, 'laion_fetch')]);
  } finally {
    await box.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** The search path has no Node, so that the wheel's is used. Otherwise img2dataset's parts would contact their servers. */
const ENVIRONMENT = {
  PATH: '/nowhere',
  LAION_FETCH_ALLOW_PRIVATE: '127.0.0.0/8',
  NO_ALBUMENTATIONS_UPDATE: '1',
  WANDB_MODE: 'disabled',
};

/** An empty environment with the wheel, Node's wheel and the command; returns its interpreter. */
async function install(environment: string): Promise<string> {
  const python = await createEnvironment(environment);
  await pip(python, 'wheel', '--no-deps', '--wheel-dir', environment, at('../python'));
  await pip(python, 'install', '--find-links', environment, 'laion-fetch[node]');
  await run('npm', ['pack', '--ignore-scripts', '--pack-destination', environment, at('..')]);
  const tarball = (await readdir(environment)).find((name) => name.endsWith('.tgz')) ?? '';
  await run(python, ['-m', 'laion_fetch.install', join(environment, tarball)], ENVIRONMENT);
  return python;
}

async function installImg2dataset(environment: string): Promise<string> {
  const python = await createEnvironment(environment);
  await pip(python, 'install', 'img2dataset==1.47.0', 'setuptools<80');
  return python;
}

async function createEnvironment(folder: string): Promise<string> {
  await run(PYTHON, ['-m', 'venv', folder]);
  return join(folder, 'bin', 'python');
}

const pip = (python: string, ...args: readonly string[]): Promise<void> =>
  run(python, ['-m', 'pip', '--quiet', '--disable-pip-version-check', ...args]);

async function run(
  command: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<void> {
  const child = spawn(command, args, { stdio: 'inherit', env: { ...process.env, ...environment } });
  const [code]: unknown[] = await once(child, 'close');
  if (code !== 0) throw new Error(`Expected exit code 0, got ${code}: ${command} ${args.join(' ')}`);
}

await main();
