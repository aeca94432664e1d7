/** How what this program reads of a file compares with what pyarrow reads. */
export const VERDICTS = [
  'same',
  'both refuse',
  'refused',
  'pyarrow refuses',
  'other type',
  'other values',
  'crash',
  'pyarrow crashes',
] as const;

export type Verdict = (typeof VERDICTS)[number];

export const isJudged = (word: unknown): word is Verdict => VERDICTS.some((verdict) => verdict === word);
