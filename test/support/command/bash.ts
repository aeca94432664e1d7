import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Web } from '../box/use-web.ts';
import { CLI } from './cli.ts';

const run = promisify(execFile);

export interface BashResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a line of bash in the web's folder, as people write pipelines. `$LF` is the command, `$REACH` has the flags that
 * let it reach the web, and temporary files go to `tmp`. A pipeline fails with its last command that fails.
 */
export async function inBash(
  { folder, reach }: Pick<Web, 'folder' | 'reach'>,
  line: string,
  env: Readonly<Record<string, string>> = {},
): Promise<BashResult> {
  await mkdir(join(folder, 'tmp'), { recursive: true });
  const all = {
    ...process.env,
    LF: `${process.execPath} ${CLI}`,
    REACH: reach.join(' '),
    LAION_FETCH_DECODERS: '1',
    TMPDIR: join(folder, 'tmp'),
    NO_COLOR: '1',
    ...env,
  };
  return run('bash', ['-o', 'pipefail', '-c', line], { cwd: folder, env: all }).then(
    (result) => ({ code: 0, ...result }),
    ({ code, stdout, stderr }) => ({ code, stdout, stderr }),
  );
}
