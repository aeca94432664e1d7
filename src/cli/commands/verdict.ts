import type { Options } from '../../config/resolve.ts';
import { EXIT, type ExitCode } from '../../core/errors.ts';
import { FAILURES } from '../../core/failures.ts';
import type { Tally } from '../../run/engine/tally.ts';
import { formatCount, percent, plural } from '../../util/text/units.ts';

/** Whether a finished run is good enough. `message` is null if there is nothing to say. */
export interface Verdict {
  readonly exitCode: ExitCode;
  readonly message: string | null;
}

/** Judges the outcomes of a whole dataset. */
export function judge(
  all: Tally,
  { failUnder, allowEmpty }: Pick<Options, 'failUnder' | 'allowEmpty'>,
): Verdict {
  if (all.rows === 0 && !allowEmpty) {
    return {
      exitCode: EXIT.input,
      message:
        'the index has no rows: expected at least one; check what makes the index, --where and --limit, or accept it with --allow-empty',
    };
  }
  const exitCode = all.successRatio < failUnder ? EXIT.incomplete : EXIT.done;
  if (all.rows > 0 && all.successes === 0) return { exitCode, message: nothingSucceeded(all) };
  const message = `the success ratio is ${percent(all.successRatio)}, below --fail-under ${percent(failUnder)}`;
  return { exitCode, message: exitCode === EXIT.done ? null : message };
}

function nothingSucceeded(all: Tally): string {
  const [[code, count] = ['bad_row', 0] as const] = all.commonest();
  const most = count === all.rows ? 'all' : `${formatCount(count)}`;
  return `NOTHING SUCCEEDED: ${plural(all.rows, 'row')} and no image; ${most} failed with ${code}: ${FAILURES[code].summary}`;
}
