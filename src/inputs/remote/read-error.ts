import { inputError } from '../../core/errors.ts';
import type { ObjectError } from '../../objects/interface/object-error.ts';

/** What the user is told of a file of the index that its store does not give. */
export function readError(address: string, error: ObjectError): Error {
  return inputError(`Cannot read '${address}': ${error.message}`, error);
}
