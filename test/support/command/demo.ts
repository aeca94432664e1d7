/** Downloads the fixture index from a local web. This is the README's first command. */
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startBox } from '../box/box.ts';
import { FIXTURE_WEB, readScript } from '../box/read-script.ts';
import { materialiseIndex } from '../fixture-index/materialise-index.ts';
import { CLI } from './cli.ts';

const OUTPUT = 'out/demo';

async function main(): Promise<void> {
  const box = await startBox(await readScript(FIXTURE_WEB));
  const folder = await mkdtemp(join(tmpdir(), 'laion-fetch-demo-'));
  try {
    const index = join(folder, 'index.parquet');
    await materialiseIndex(box.ports, index);
    const args = [
      ...[index, '--output', OUTPUT],
      ...['--resolver', box.dns, '--allow-private', '127.0.0.0/8', '--insecure-tls'],
      ...['--incremental-mode', 'overwrite', '--timeout', '1s', '--deadline', '2s'],
    ];
    console.error(`A small web of good and bad hosts runs on this machine; its name server is ${box.dns}.`);
    console.error(`$ laion-fetch ${args.join(' ')}\n`);
    process.exitCode = await run(args);
    console.error(`\nThe dataset is in ${OUTPUT}. For your own index, the command needs only --output.`);
  } finally {
    await box.close();
    await rm(folder, { recursive: true });
  }
}

/** Runs the command in this terminal; returns its exit code. */
function run(args: readonly string[]): Promise<number> {
  // An interrupt from the keyboard also reaches the command, which then ends by itself.
  process.on('SIGINT', () => {});
  const child = spawn(process.execPath, [CLI, ...args], { stdio: 'inherit' });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? 1));
  });
}

await main();
