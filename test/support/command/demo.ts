/** Downloads the index of the fixtures from a local web: the README's first command. */
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
    console.error(`A small web of good and bad hosts is up on this machine, its name server at ${box.dns}.`);
    console.error(`$ laion-fetch ${args.join(' ')}\n`);
    process.exitCode = await run(args);
    console.error(`\nThe dataset is in ${OUTPUT}; the same command on your own index needs only --output.`);
  } finally {
    await box.close();
    await rm(folder, { recursive: true });
  }
}

/** The exit code of the command, which shares this terminal. */
function run(args: readonly string[]): Promise<number> {
  // An interrupt from the keyboard reaches the command too, which then ends by itself.
  process.on('SIGINT', () => {});
  const child = spawn(process.execPath, [CLI, ...args], { stdio: 'inherit' });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? 1));
  });
}

await main();
