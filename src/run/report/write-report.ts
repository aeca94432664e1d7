import { join } from 'node:path';
import { writeError } from '../../output/store/write-error.ts';
import { writeFileAtomic } from '../../util/files/write-file-atomic.ts';

/** Where the page is written if no file is named: beside the shards. */
export const defaultReportFile = (output: string): string => join(output, 'report.html');

/** Replaces a report atomically. Throws a UserError (exit code 4) if the system refuses. */
export async function writeReport(path: string, text: string): Promise<void> {
  try {
    await writeFileAtomic(path, text);
  } catch (error) {
    throw writeError(path, error, 0);
  }
}
