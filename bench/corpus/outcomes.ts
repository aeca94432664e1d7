import { CLI } from '../../test/support/command/cli.ts';
import { digestFiles, readMetadata } from '../../test/support/command/read-dataset.ts';
import { runLaionFetch } from '../clients.ts';
import { runClient } from '../web/run-client.ts';

/** What a run made of the index: its rows without times, and the digests of its tars. */
export interface Outcomes {
  readonly seconds: number;
  readonly rows: readonly Record<string, unknown>[];
  readonly tars: Readonly<Record<string, string>>;
}

const JOB = { env: {}, deadlineMs: Number.POSITIVE_INFINITY, signal: new AbortController().signal } as const;
const REACH = ['--allow-private', '127.0.0.0/8', '--per-host', '64'];

/** Runs the built command to its end; throws if it dies. */
export async function runOnce(index: string, output: string, flags: readonly string[]): Promise<Outcomes> {
  const args = [index, '--output', output, '--compute-hash', 'sha256', ...REACH, ...flags];
  const { run } = await runLaionFetch({ ...JOB, args });
  const rows = (await readMetadata(output)).map(({ fetched_at: _moment, ...row }) => row);
  return { seconds: run.seconds, rows, tars: digestFiles(output, '.tar') };
}

/** The report of `verify --deep`; null if it found nothing. */
export async function verifyDeeply(output: string): Promise<string | null> {
  const args = [CLI, 'verify', output, '--deep'];
  const { code, stdout, stderr } = await runClient({ ...JOB, command: process.execPath, args });
  return code === 0 ? null : `code ${code}\n${stdout}${stderr}`;
}

/** Successes, and failures by their codes. */
export function countOutcomes({ rows }: Outcomes): { readonly successes: number; readonly failures: string } {
  const counts = new Map<string, number>();
  for (const row of rows) {
    const code = String(row['failure_code'] ?? 'success');
    counts.set(code, (counts.get(code) ?? 0) + 1);
  }
  const failures = [...counts].filter(([code]) => code !== 'success').sort(([, a], [, b]) => b - a);
  return {
    successes: counts.get('success') ?? 0,
    failures: failures.map(([code, count]) => `${count} ${code}`).join(', '),
  };
}
