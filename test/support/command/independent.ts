import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const PYTHON = process.env['LAION_FETCH_PYTHON'] ?? 'python3';
const CHECKER = fileURLToPath(new URL('../../independent/check_dataset.py', import.meta.url));

/** Why this machine cannot run the checker in Python; null if it can. */
export function whyNoChecker(): string | null {
  try {
    execFileSync(PYTHON, ['-c', 'import pyarrow'], { stdio: 'ignore' });
    return null;
  } catch {
    return `${PYTHON} has no pyarrow; see CONTRIBUTING.md`;
  }
}

/** Checks every dataset in a folder, all made from one CSV index. Throws if one is wrong. */
export function checkDatasets(folder: string, index: string): void {
  const datasets = readdirSync(folder).map((name) => join(folder, name));
  execFileSync(PYTHON, [CHECKER, ...datasets, index, 'url'], { encoding: 'utf8', maxBuffer: 2 ** 26 });
}
