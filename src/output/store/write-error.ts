import { constants } from 'node:os';
import { getSystemErrorMap } from 'node:util';
import { outputError } from '../../core/errors.ts';

/**
 * The error to throw for a failed file operation: a refusal of the system becomes a UserError that names the path and
 * the reason, anything else stays what it is. `neededBytes` is told where the device is full;
 * 0 where nobody knows.
 */
export function writeError(path: string, error: unknown, neededBytes: number): unknown {
  if (!(error instanceof Error) || !('errno' in error) || typeof error.errno !== 'number') return error;
  const [code, reason] = nameOf(error.errno) ?? ['unknown', error.message];
  const hint = code === 'ENOSPC' || code === 'EDQUOT' ? roomHint(neededBytes) : '';
  return outputError(
    `Cannot write '${path}': ${reason} (${code})${hint}; mend that and run the same command again`,
    error,
  );
}

const roomHint = (bytes: number): string => (bytes === 0 ? '' : `, about ${bytes} bytes are needed`);

/** Node knows every error but that of a full quota. */
function nameOf(errno: number): readonly [code: string, reason: string] | undefined {
  if (errno === -constants.errno.EDQUOT) return ['EDQUOT', 'disk quota exceeded'];
  return getSystemErrorMap().get(errno);
}
