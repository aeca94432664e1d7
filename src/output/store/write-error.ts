import { constants } from 'node:os';
import { getSystemErrorMap } from 'node:util';
import { outputError } from '../../core/errors.ts';

/**
 * The error to throw for a failed file operation: an error of the system becomes a UserError that names the path and the
 * reason; any other is returned unchanged. If the device is full, the message says that `neededBytes` are needed, unless
 * that is 0 (unknown).
 */
export function writeError(path: string, error: unknown, neededBytes: number): unknown {
  if (!(error instanceof Error) || !('errno' in error) || typeof error.errno !== 'number') return error;
  const [code, reason] = nameOf(error.errno) ?? ['unknown', error.message];
  const hint = code === 'ENOSPC' || code === 'EDQUOT' ? roomHint(neededBytes) : '';
  return outputError(
    `Cannot write '${path}': ${reason} (${code})${hint}; fix this and run the same command again`,
    error,
  );
}

const roomHint = (bytes: number): string => (bytes === 0 ? '' : `, about ${bytes} bytes are needed`);

/** Node knows every error except that of an exceeded quota. */
function nameOf(errno: number): readonly [code: string, reason: string] | undefined {
  if (errno === -constants.errno.EDQUOT) return ['EDQUOT', 'disk quota exceeded'];
  return getSystemErrorMap().get(errno);
}
