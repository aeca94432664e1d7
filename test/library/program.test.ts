import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { useWeb } from '../support/box/use-web.ts';
import { listTar } from '../support/command/read-dataset.ts';
import { startNode } from '../support/command/start-node.ts';
import {
  compileProgram,
  linkDependencies,
  PROGRAM_WEB,
  unpackPackage,
  writeProgram,
  writeProgramIndex,
} from '../support/library-program.ts';

/** Declarations that the public ones lead to. A new one is a promise to those who build on the library. */
const PUBLIC_DECLARATIONS = [
  'dist/config/options/basic-types.d.ts',
  'dist/config/options/domain-types.d.ts',
  'dist/config/options/option-spec.d.ts',
  'dist/config/options/options.d.ts',
  'dist/core/choices.d.ts',
  'dist/core/columns.d.ts',
  'dist/core/embedded-rights.d.ts',
  'dist/core/failures.d.ts',
  'dist/core/rights/policies.d.ts',
  'dist/core/rights/rule-files.d.ts',
  'dist/core/samples.d.ts',
  'dist/index.d.ts',
  'dist/library/columns.d.ts',
  'dist/library/download.d.ts',
  'dist/library/events.d.ts',
  'dist/library/merge.d.ts',
  'dist/library/options.d.ts',
  'dist/library/plan.d.ts',
  'dist/library/recheck.d.ts',
  'dist/library/result.d.ts',
  'dist/library/retry.d.ts',
  'dist/library/verify.d.ts',
];

describe('the packed library', () => {
  test('compiles and runs the program of docs/library.md as it stands there', async () => {
    const { box, folder, output } = await useWeb(PROGRAM_WEB);
    const target = await unpackPackage(folder);
    await writeProgram(folder);
    // Before its dependencies are there: the declarations need none.
    expect(await compileProgram(folder)).toBe('');
    const listed = await compileProgram(folder, ['--listFilesOnly']);
    const declarations = listed
      .split('\n')
      .flatMap((path) => path.split('node_modules/laion-fetch/')[1] ?? []);
    expect(declarations.sort()).toEqual(PUBLIC_DECLARATIONS);
    await linkDependencies(target);

    const index = writeProgramIndex(folder, box.ports);
    const args = [join(folder, 'program.js'), index, output, '127.0.0.0/8'];
    const { code, stdout, stderr } = await startNode(args, { cwd: folder }).result;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('4 of 4 rows can be fetched\n');
    expect(stdout).toContain('images of 4 rows\n');
    expect(stdout).toContain('http_410: 1\n');
    expect(stdout).toContain('1 images restored\n');
    expect(stdout.trimEnd().split('\n').at(-1)).toBe('complete and consistent');
    expect(listTar(join(output, '00000.tar')).filter((name) => name.endsWith('.jpg')).length).toBe(3);
    expect(readdirSync(output)).toContain('00000_stats.json');
  }, 180_000);

  test('exports its index and its package.json, and no file of its inside', async () => {
    const { folder } = await useWeb({ hosts: {} });
    const target = await unpackPackage(folder);
    await linkDependencies(target);
    const script = `
      const codes = [];
      for (const name of ['laion-fetch', 'laion-fetch/package.json', 'laion-fetch/dist/cli/main.js'])
        codes.push(await import(name, { with: name.endsWith('json') ? { type: 'json' } : {} }).then(
          (module) => Object.keys(module).sort().join(), (error) => error.code));
      console.log(JSON.stringify(codes));`;
    const args = ['--input-type=module', '--disable-warning=ExperimentalWarning', '-e', script];
    const { stdout } = await startNode(args, { cwd: folder }).result;
    expect(JSON.parse(stdout)).toEqual([
      'columns,download,merge,plan,recheck,retry,verify',
      'default',
      'ERR_PACKAGE_PATH_NOT_EXPORTED',
    ]);
  }, 60_000);
});
