/**
 * Packs the package, installs it into an empty folder, and compiles and runs the program of docs/library.md there with
 * each supported version of Node. Older ones must say that they are too old. Needs a registry:
 * `npm run library-check [-- 20 22 24]`.
 */
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startBox } from '../test/support/box/box.ts';
import { startNode } from '../test/support/command/start-node.ts';
import { PROGRAM_WEB, writeProgram, writeProgramIndex } from '../test/support/library-program.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const VERSIONS = process.argv.length > 2 ? process.argv.slice(2) : ['20', '22', '24'];
const TOO_OLD = ['8', '12', '14', '16', '18', '20.17'];

async function main(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'laion-fetch-library-'));
  try {
    const tarball =
      npm(ROOT, 'pack', '--silent', '--pack-destination', folder).trim().split('\n').at(-1) ?? '';
    await writeProgram(folder);
    npm(
      folder,
      'install',
      '--no-audit',
      '--no-fund',
      join(folder, tarball),
      'typescript@5',
      '@types/node@20',
    );
    execFileSync(join(folder, 'node_modules/.bin/tsc'), ['-p', folder], { stdio: 'inherit' });
    for (const version of VERSIONS) await check(folder, version);
    for (const version of TOO_OLD) await checkRefusal(folder, version);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Installs a version of Node into a folder of its own; returns its command. */
async function installNode(home: string, version: string): Promise<string> {
  await mkdir(home);
  await writeFile(join(home, 'package.json'), '{}');
  npm(home, 'install', '--no-audit', '--no-fund', `node@${version}`);
  return join(home, 'node_modules/node/bin/node');
}

async function checkRefusal(folder: string, version: string): Promise<void> {
  const command = await installNode(join(folder, `node-${version}`), version);
  const bin = join(folder, 'node_modules/laion-fetch/bin/laion-fetch.js');
  const { stdout, stderr, code } = await startNode([bin, '--version'], { command }).result;
  if (code !== 6 || stdout !== '' || !/^laion-fetch: Cannot start with Node .*\n$/.test(stderr))
    throw new Error(
      `Node ${version} does not say that it is too old (exit code ${code}):\n${stdout}${stderr}`,
    );
  process.stdout.write(stderr);
}

async function check(folder: string, version: string): Promise<void> {
  const home = join(folder, `node-${version}`);
  const command = await installNode(home, version);
  const box = await startBox(PROGRAM_WEB);
  try {
    const index = writeProgramIndex(home, box.ports);
    const args = [join(folder, 'program.js'), index, join(home, 'dataset'), '127.0.0.0/8'];
    const { stdout, stderr, code } = await startNode(args, { command, cwd: folder }).result;
    const found = execFileSync(command, ['--version'], { encoding: 'utf8' }).trim();
    if (code !== 0 || !stdout.endsWith('complete and consistent\n'))
      throw new Error(
        `The program of docs/library.md failed on Node ${found} (exit code ${code}):\n${stdout}${stderr}`,
      );
    console.log(`Node ${found}: the program of docs/library.md compiles and runs`);
  } finally {
    await box.close();
  }
}

function npm(cwd: string, ...args: readonly string[]): string {
  return execFileSync('npm', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
}

await main();
