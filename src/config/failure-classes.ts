import { usageError } from '../core/errors.ts';
import { FAILURES, type FailureCode, isFailureCode, isHealable } from '../core/failures.ts';
import { nearest } from '../util/text/nearest.ts';
import { parseList } from './options/parse-list.ts';

const CODES = Object.keys(FAILURES) as readonly FailureCode[];
/** A row that is wrong in the index fails however often it is retried, and what was taken out stays out. */
const RETRIABLE = CODES.filter((code) => FAILURES[code].stage !== 'index' && code !== 'removed');
const DEFAULT = CODES.filter(isHealable);

/** The failures that `--class` names: codes, or `all`. Without it, those that may be temporary. */
export function failureClasses(text: string | undefined): ReadonlySet<FailureCode> {
  if (text === undefined) return new Set(DEFAULT);
  const words = (parseList(text) ?? []).map((word) => word.toLowerCase());
  if (words.length === 0)
    throw usageError(`--class: expected failure codes such as timeout,http_429 or all, got '${text}'`);
  return new Set(words.flatMap((word) => (word === 'all' ? RETRIABLE : readCode(word))));
}

function readCode(word: string): FailureCode {
  if (!isFailureCode(word)) {
    const near = nearest(word, [...RETRIABLE, 'all']);
    throw usageError(
      `--class: expected failure codes such as timeout,http_429 or all, got '${word}'${near ? `; did you mean ${near}?` : ''}`,
    );
  }
  if (RETRIABLE.includes(word)) return word;
  const remedy = word === 'removed' ? 'it stays out' : 'correct the index and download it again';
  throw usageError(`--class: ${word} cannot be retried: ${FAILURES[word].summary}; ${remedy}`);
}
