import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { useTempFolder } from '../temp-folder.ts';
import { CLI } from './cli.ts';
import { type CommandResult, startNode } from './start-node.ts';

export interface MeasuredResult extends CommandResult {
  /** Peak resident memory of the command's process, in MB. */
  readonly peakMb: number;
}

/** Runs laion-fetch until it ends and reads the peak memory of its process, without decoders, from Linux. */
export async function runCliMeasured(args: readonly string[]): Promise<MeasuredResult> {
  const report = join(await useTempFolder(), 'status');
  const script = `import fs from 'node:fs';
    const path = process.env.TEST_STATUS_FILE;
    delete process.env.TEST_STATUS_FILE;
    process.on('exit', () => path && fs.writeFileSync(path, fs.readFileSync('/proc/self/status')));`;
  const preload = `data:text/javascript,${encodeURIComponent(script)}`;
  const result = await startNode(['--import', preload, CLI, ...args], { env: { TEST_STATUS_FILE: report } })
    .result;
  const status = await readFile(report, 'utf8');
  return { ...result, peakMb: Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) / 1024 };
}
