/** The result of a check: `warn` means that a run works, but slower or with losses; `fail` that it does not work. */
export type Verdict = 'ok' | 'warn' | 'fail';

/** The result of one check of the machine. Texts may contain foreign text, such as paths. */
export interface Finding {
  /** What was checked, such as `open files`. */
  readonly name: string;
  readonly verdict: Verdict;
  readonly found: string;
  /** What to do; null if nothing. */
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
