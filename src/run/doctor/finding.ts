/** What a check came to: fit, fit with a loss, or not fit. */
export type Verdict = 'ok' | 'warn' | 'fail';

/** One thing that was looked at before a run. Texts may hold foreign words, such as paths. */
export interface Finding {
  /** What was looked at: `open files`. */
  readonly name: string;
  readonly verdict: Verdict;
  readonly found: string;
  /** What to do; null where nothing needs to be done. */
  readonly remedy: string | null;
}

export const ok = (name: string, found: string): Finding => ({ name, verdict: 'ok', found, remedy: null });
export const warn = (name: string, found: string, remedy: string): Finding => ({
  name,
  verdict: 'warn',
  found,
  remedy,
});
export const fail = (name: string, found: string, remedy: string): Finding => ({
  name,
  verdict: 'fail',
  found,
  remedy,
});
