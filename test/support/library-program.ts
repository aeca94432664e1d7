import { execFile } from 'node:child_process';
import { cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { parquetWriteFile } from 'hyparquet-writer';
import type { Answer, WebScript } from './box/answers.ts';
import type { WebPorts } from './servers/ports.ts';

const run = promisify(execFile);
const IMAGE: Answer = { body: { fixture: 'images/landscape.jpg' } };
const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** The program of docs/library.md, unchanged. */
async function readProgram(): Promise<string> {
  const page = await readFile(join(ROOT, 'docs/library.md'), 'utf8');
  const [program, ...others] = [...page.matchAll(/^```ts\n(.*?)^```$/gms)].map((match) => match[1] ?? '');
  if (program === undefined || others.length > 0)
    throw new Error('docs/library.md must contain exactly one program');
  return program;
}

/** Writes the program, and what compiling it needs, into a folder as a package. */
export async function writeProgram(folder: string): Promise<void> {
  const compilerOptions = {
    ...{ target: 'es2022', module: 'nodenext', strict: true, skipLibCheck: false, types: ['node'] },
    ...{ noUncheckedIndexedAccess: true, exactOptionalPropertyTypes: true },
  };
  await writeFile(join(folder, 'package.json'), JSON.stringify({ type: 'module', private: true }));
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['program.ts'] }));
  await writeFile(join(folder, 'program.ts'), await readProgram());
}

/** Unpacks the package as npm would publish it into the folder's node_modules, with Node's types and nothing else. */
export async function unpackPackage(folder: string): Promise<string> {
  const { stdout } = await run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], {
    cwd: ROOT,
    maxBuffer: 2 ** 26,
  });
  const [{ filename }] = JSON.parse(stdout) as [{ filename: string }];
  const target = join(folder, 'node_modules/laion-fetch');
  await mkdir(target, { recursive: true });
  await run('tar', ['xzf', join(folder, filename), '-C', target, '--strip-components', '1']);
  for (const name of ['@types/node', 'undici-types'])
    await cp(join(ROOT, 'node_modules', name), join(folder, 'node_modules', name), { recursive: true });
  return target;
}

/** Links the dependencies of this checkout into an unpacked package. */
export async function linkDependencies(target: string): Promise<void> {
  await symlink(join(ROOT, 'node_modules'), join(target, 'node_modules'));
}

/** Compiles the program; returns the compiler's errors, or an empty text. */
export async function compileProgram(folder: string, args: readonly string[] = []): Promise<string> {
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
  return run(process.execPath, [tsc, '-p', folder, ...args]).then(
    ({ stdout }) => stdout,
    (error: { stdout?: string }) => error.stdout || String(error),
  );
}

/** The hosts of the program's index: two images, one that is gone, and one that arrives at the third attempt. */
export const PROGRAM_WEB: WebScript = {
  hosts: {
    '*': {
      paths: {
        '/gone.jpg': { status: 410 },
        '/busy.jpg': [{ status: 503 }, { status: 503 }, { status: 503 }, IMAGE],
        '*': IMAGE,
      },
    },
  },
};

/** Writes an index for the program; returns its path. */
export function writeProgramIndex(folder: string, { http }: WebPorts): string {
  const filename = join(folder, 'index.parquet');
  const names = ['a.jpg', 'b.jpg', 'gone.jpg', 'busy.jpg', 'too-narrow.jpg'];
  parquetWriteFile({
    filename,
    columnData: [
      { name: 'url', data: names.map((name) => `http://127.0.0.1:${http}/${name}`), type: 'STRING' },
      { name: 'caption', data: names, type: 'STRING' },
      { name: 'width', data: names.map((name) => (name === 'too-narrow.jpg' ? 3 : 640)), type: 'INT32' },
    ],
  });
  return filename;
}
