import { getSystemErrorMap } from 'node:util';
import { outputError } from '../core/errors.ts';

/**
 * The error to throw for a failed file operation: a refusal of the system becomes a UserError that names the path and
 * the reason, anything else stays what it is. `neededBytes` is told where the device is full.
 */
export function writeError(path: string, error: unknown, neededBytes: number): unknown {
  if (!(error instanceof Error) || !('errno' in error) || typeof error.errno !== 'number') return error;
  const [code, reason] = getSystemErrorMap().get(error.errno) ?? ['unknown', error.message];
  const hint = code === 'ENOSPC' || code === 'EDQUOT' ? `, about ${neededBytes} bytes are needed` : '';
  return outputError(
    `Cannot write '${path}': ${reason} (${code})${hint}; mend that and run the same command again`,
    error,
  );
}
