import { codeOfStatus, failureMessage, orClock, skewOf } from '../interface/failure-message.ts';
import { ObjectError, type ObjectErrorCode } from '../interface/object-error.ts';

/** What the SDK's errors have in common. */
interface SdkError {
  readonly name?: string;
  readonly code?: string;
  readonly statusCode?: number;
  readonly details?: { readonly errorCode?: string };
  readonly response?: { readonly headers?: { get(name: string): string | null | undefined } };
}

/** Azure's own words for what went wrong; an answer without any has only its status. */
const CODES: Readonly<Record<string, ObjectErrorCode>> = {
  AuthenticationFailed: 'credentials',
  InvalidAuthenticationInfo: 'credentials',
  KeyBasedAuthenticationNotPermitted: 'credentials',
  NoAuthenticationInformation: 'credentials',
  AccountIsDisabled: 'denied',
  AuthorizationFailure: 'denied',
  BlobImmutableDueToPolicy: 'denied',
  PublicAccessNotPermitted: 'denied',
  UnauthorizedBlobOverwrite: 'denied',
  ContainerBeingDeleted: 'no_bucket',
  ContainerDisabled: 'no_bucket',
  ContainerNotFound: 'no_bucket',
  // Azure's answer to those without credentials, whether there is no such container or they may not see it.
  ResourceNotFound: 'no_bucket',
  BlobNotFound: 'not_found',
  InvalidBlockId: 'not_found',
  InvalidBlockList: 'not_found',
  BlobAlreadyExists: 'exists',
  ConditionNotMet: 'exists',
  TargetConditionNotMet: 'exists',
  InsufficientStorage: 'quota',
  BlobArchived: 'refused',
  LeaseIdMissing: 'refused',
  // What a broken transfer leads to.
  Md5Mismatch: 'temporary',
  InvalidMd5: 'temporary',
  OperationTimedOut: 'temporary',
};

/** The ObjectError for what the SDK has thrown. Its message ends with what to do, and holds no credentials. */
export function toAzureError(error: unknown, container: string): ObjectError {
  if (error instanceof ObjectError) return error;
  const { name, code: word, statusCode: status, details, response } = (error ?? {}) as SdkError;
  const reason = wordOf([response?.headers?.get('x-ms-error-code'), details?.errorCode, word, name]);
  const skew = skewOf(response?.headers?.get('date'));
  const code = orClock(CODES[reason] ?? codeOfStatus(status), skew);
  const message = failureMessage(code, {
    found: status === undefined ? reason : `${reason}, HTTP ${status}`,
    skew,
    place: `container '${container}'`,
    credentials:
      'AZURE_STORAGE_CONNECTION_STRING, or AZURE_STORAGE_ACCOUNT with AZURE_STORAGE_KEY or AZURE_STORAGE_SAS_TOKEN',
    suspects: 'the name of the container and of the account',
  });
  return new ObjectError(code, message);
}

function wordOf(words: readonly (string | null | undefined)[]): string {
  const word = words.find((each) => each && each !== 'Error') ?? 'Error';
  return /^[\w.-]{1,60}$/.test(word) ? word : 'Error';
}
