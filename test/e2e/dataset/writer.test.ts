import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { useWeb } from '../../support/box/use-web.ts';
import { runCli } from '../../support/command/cli.ts';
import { digestFiles } from '../../support/command/read-dataset.ts';

test('a writer that dies ends the run, loses no row, and the same command resumes', async () => {
  const { box, folder, reach, writeIndex } = await useWeb({
    hosts: { '*': { paths: { '*': { body: { fixture: 'images/tiny.jpg' } } } } },
  });
  const index = await writeIndex(
    Array.from({ length: 40 }, (_, row) => [box.url('a.example', `/${row}`), `row ${row}`]),
  );
  const flags = ['--number-sample-per-shard', '10', '--decoders', '1', ...reach];
  const undisturbed = join(folder, 'undisturbed');
  expect((await runCli([index, '--output', undisturbed, ...flags])).code).toBe(0);

  // Loaded into every thread of the command: the writer dies when it reports its second shard.
  const saboteur = join(folder, 'saboteur.cjs');
  await writeFile(
    saboteur,
    `const { isMainThread, parentPort } = require('node:worker_threads');
     let shards = 0;
     if (!isMainThread) {
       const post = parentPort.postMessage.bind(parentPort);
       parentPort.postMessage = (answer) => {
         shards += 1;
         if (shards > 1) throw new Error('sabotaged');
         post(answer);
       };
     }`,
  );
  const output = join(folder, 'disturbed');
  const run = await runCli([index, '--output', output, ...flags], {
    env: { NODE_OPTIONS: `--require=${saboteur}` },
  });
  expect(run.code).toBe(1);
  expect(run.stderr).toMatch(
    /the thread that writes shards has ended; no row is lost, the same command resumes\n.*sabotaged/,
  );
  expect(Object.keys(digestFiles(output, '_stats.json')).length).toBeLessThan(4);
  expect((await runCli([index, '--output', output, ...flags])).code).toBe(0);
  expect(digestFiles(output, '.tar')).toEqual(digestFiles(undisturbed, '.tar'));
  expect((await runCli(['verify', output])).code).toBe(0);
});
