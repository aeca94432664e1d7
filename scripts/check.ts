/** Prints whether something holds. If it does not, this program ends with exit code 1. */
export function check(what: string, holds: boolean): void {
  if (!holds) process.exitCode = 1;
  console.info(`${holds ? 'ok' : 'WRONG'}: ${what}`);
}
