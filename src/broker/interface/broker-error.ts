import { EXIT, oneLine, UserError } from '../../core/errors.ts';

/** Codes of connections that may be made later: the server does not run yet, or the network is away. */
const PASSING =
  /^(ECONN(REFUSED|RESET|ABORTED)|EPIPE|ETIMEDOUT|E(HOST|NET)(UNREACH|DOWN)|EAI_AGAIN|ENOTFOUND)$/;

/** An example of an address would lose its password on the way to the log. */
export const CHECK_LOGIN = 'check user and password in the address or in LAION_FETCH_QUEUE';

/** The broker does not answer at the moment, and may do so later; exit code 6. */
export class UnreachableError extends UserError {
  /** What was found. */
  readonly reason: string;
  /** The name server knows no host of that name: one that is about to start, or a mistake. */
  readonly isUnknownName: boolean;

  /** `address`: without a password. */
  constructor(address: string, error: unknown) {
    const reason = reasonOf(error);
    const remedy = 'start the server, or check scheme, address and firewall';
    super(EXIT.environment, `Cannot reach the queue ${address}: ${reason}; ${remedy}`);
    this.reason = reason;
    this.isUnknownName = codeOf(error) === 'ENOTFOUND';
  }
}

/** The broker answers, and only the user can change what it says; exit code 3. */
export function unusableError(address: string, reason: string, remedy: string): UserError {
  return new UserError(EXIT.input, `Cannot use the queue ${address}: ${reason}; ${remedy}`);
}

/**
 * Whether the server has answered that it does not do what it was asked for: a right that the user has not, a copy that is
 * only read, memory or a disk that is full.
 */
export function isRefusal(error: unknown): error is Error {
  if (!(error instanceof Error)) return false;
  return error.name === 'ReplyError' || ('severity' in error && /^[0-9A-Z]{5}$/.test(codeOf(error)));
}

/** What a refusal tells the user; any other error as it is. */
export function fromRefusal(address: string, error: unknown): unknown {
  if (!isRefusal(error)) return error;
  const remedy =
    'grant the user all rights, and check that it accepts writes and has free memory and disk space';
  return unusableError(address, reasonOf(error), remedy);
}

export const isPassing = (error: unknown): boolean => PASSING.test(codeOf(error));

/** Empty if the error has none. */
export const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : '';

/** An error for several addresses of one host has no message. */
export const reasonOf = (error: unknown): string => oneLine(error) || codeOf(error);
