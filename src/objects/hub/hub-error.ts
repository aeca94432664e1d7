import { connectionFailed } from '../https/failures.ts';
import { ObjectError } from '../interface/object-error.ts';

/** A failed request to the hub's API, as its client throws it. */
interface HubApiError {
  readonly statusCode: number;
}

export interface HubAccess {
  readonly endpoint: URL;
  readonly token: string | null;
}

/** The ObjectError for what the hub's client has thrown; its own messages hold URLs. */
export function toHubError(error: unknown, access: HubAccess): ObjectError {
  if (error instanceof ObjectError) return error;
  if (error instanceof SyntaxError) {
    return new ObjectError('refused', 'the hub does not answer as a hub does; check HF_ENDPOINT');
  }
  if (!isApiError(error)) return connectionFailed(access.endpoint, error);
  const found = `HTTP ${error.statusCode}`;
  switch (error.statusCode) {
    case 401:
      return notAccepted(access, ` (${found})`);
    case 403:
      return notAllowed(` (${found})`);
    case 404:
      return new ObjectError(
        'no_bucket',
        `there is no such dataset or revision (${found}); check both names`,
      );
    case 429:
      return new ObjectError(
        'temporary',
        `the hub limits requests (${found}); run the same command again later`,
      );
  }
  return error.statusCode >= 500
    ? new ObjectError(
        'temporary',
        `the hub does not answer as it should (${found}); run the same command again later`,
      )
    : new ObjectError('refused', `the hub refuses the request (${found}); check the name and HF_ENDPOINT`);
}

/** The error of a file's own address, which does not know of tokens. */
export function toFileError(error: unknown, access: HubAccess): unknown {
  if (!(error instanceof ObjectError)) return error;
  if (error.code === 'credentials') return notAccepted(access);
  return error.code === 'denied' ? notAllowed() : error;
}

function notAccepted({ token }: HubAccess, found = ''): ObjectError {
  const problem =
    token === null
      ? `there is no such dataset, or it wants a token${found}; check its name, or set HF_TOKEN to a token that may read it`
      : `the hub does not accept the token${found}; check HF_TOKEN`;
  return new ObjectError('credentials', problem);
}

function notAllowed(found = ''): ObjectError {
  const remedy = 'ask for access on its page, or set HF_TOKEN to a token that may read it';
  return new ObjectError('denied', `the hub denies access to this dataset${found}; ${remedy}`);
}

const isApiError = (error: unknown): error is HubApiError =>
  error instanceof Error && 'statusCode' in error && typeof error.statusCode === 'number';
