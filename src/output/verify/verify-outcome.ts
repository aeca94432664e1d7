import { failureStatus, isFailureCode } from '../../core/failures.ts';
import type { StoredRow } from '../read/stored-rows.ts';

/** The contradiction in the outcome of a metadata row; null if the outcome is consistent. */
export function outcomeProblem({ status, failureCode, errorMessage }: StoredRow): string | null {
  if (status === 'success') {
    return failureCode === null && errorMessage === null
      ? null
      : 'the row is a success but has a failure code or an error message';
  }
  if (failureCode === null || !isFailureCode(failureCode)) {
    return `the status is ${status}, the failure code ${failureCode} is unknown`;
  }
  const expected = failureStatus(failureCode);
  if (status !== expected) return `the status is ${status}, but ${failureCode} has the status ${expected}`;
  return errorMessage === null ? 'the error message is missing' : null;
}
