import type { EmbeddedRights } from '../embedded-rights.ts';
import type { RightsSignal } from './signal.ts';

/** The statements of an image as signals: it was fetched at `source`, at `at` milliseconds since 1970. */
export function embeddedSignals(
  { statements }: EmbeddedRights,
  source: string | null,
  at: number | null,
): RightsSignal[] {
  return statements.map((statement) => ({ ...statement, scope: 'image', source, at }));
}
