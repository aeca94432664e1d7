import { outputError } from '../../core/errors.ts';
import { ObjectError } from '../../objects/interface/object-error.ts';

/** The UserError (exit code 4) for a store that refuses; any other error is returned unchanged. */
export function objectFailure(
  doing: 'read' | 'write' | 'write to',
  address: string,
  error: unknown,
): unknown {
  if (!(error instanceof ObjectError)) return error;
  return outputError(`Cannot ${doing} '${address}': ${error.message}`, error);
}
