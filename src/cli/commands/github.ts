import { appendFile } from 'node:fs/promises';
import { failureAnnotations, stepSummary } from '../../report/github.ts';
import type { RunSummary } from '../../run/download.ts';
import { annotation, isGithubAction } from './annotation.ts';
import { printNotice } from './run-command.ts';

/** In GitHub Actions: an annotation for each of the most frequent failures, and a table on the run's page. */
export async function reportToGithub(summary: RunSummary): Promise<void> {
  const { env } = process;
  if (!isGithubAction(env)) return;
  for (const each of failureAnnotations(summary)) process.stderr.write(`${annotation(each)}\n`);
  const file = env['GITHUB_STEP_SUMMARY'];
  if (!file) return;
  try {
    await appendFile(file, stepSummary(summary));
  } catch (error) {
    printNotice(`Cannot write the step summary '${file}': ${String(error)}`);
  }
}
