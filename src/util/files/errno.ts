/**
 * The `code` of an error that the system, Node or a library has named, such as `ENOENT` or `ERR_SSL_WRONG_VERSION_NUMBER`.
 * Undefined for an error without a code and for a value that is not an error.
 */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}

/** Whether an error has one of the codes: `hasErrno(error, 'ENOENT', 'ENOTDIR')`. */
export function hasErrno(error: unknown, ...codes: readonly string[]): error is NodeJS.ErrnoException {
  const code = errorCode(error);
  return code !== undefined && codes.includes(code);
}
