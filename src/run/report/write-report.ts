import { join } from 'node:path';
import { parseStoreLocation } from '../../core/store-schemes.ts';
import { openStore } from '../../output/store/open-store.ts';
import { writeError } from '../../output/store/write-error.ts';
import { writeFileAtomic } from '../../util/files/write-file-atomic.ts';

const REPORT = 'report.html';

/** Where the page is written if no file is named: beside the shards. */
export const defaultReportFile = (output: string): string =>
  parseStoreLocation(output) === null ? join(output, REPORT) : openStore(output).address(REPORT);

/** Replaces a report atomically, on this machine or in a store. Throws a UserError (exit code 4) if the system refuses. */
export async function writeReport(path: string, text: string): Promise<void> {
  if (parseStoreLocation(path) !== null) {
    const [, folder = '', name = ''] = /^(.*)\/([^/]*)$/s.exec(path) ?? [];
    return openStore(folder).write(name, text);
  }
  try {
    await writeFileAtomic(path, text);
  } catch (error) {
    throw writeError(path, error, 0);
  }
}
