import { ObjectError } from '../interface/object-error.ts';
import type { HubAccess } from './hub-access.ts';

/** A dataset, and the branch, tag or commit that is meant; null for the main branch. */
export interface HubPlace {
  readonly name: string;
  readonly revision: string | null;
}

/** An answer of the hub that is no success. */
export interface HubRefusal {
  readonly status: number;
  /** The hub's own word for what is missing, such as `RepoNotFound`; null if it has none. */
  readonly word: string | null;
  readonly text: string;
  /** Seconds after which the hub wants to be asked again; null if it has not said. */
  readonly resetSeconds: number | null;
}

/** What the hub's client throws for objects that it cannot upload. */
interface HubApiError {
  readonly statusCode: number;
}

/** Longer pauses are left to the user. */
const LONGEST_PAUSE_S = 330;

/** The ObjectError for an answer of the hub. Holds nothing of its text, which may have URLs and tokens. */
export function refusalOf(answer: HubRefusal, access: HubAccess, place: HubPlace): ObjectError {
  const { status, word, text, resetSeconds } = answer;
  const found = `HTTP ${status}`;
  switch (status) {
    case 401:
      return notAccepted(access, ` (${found})`);
    case 403:
      if (!/storage|quota/i.test(text)) return notAllowed(access, ` (${found})`);
      return isFull(found);
    case 404:
      return missing(word, found, place);
    case 409:
    case 412:
      return new ObjectError('changed', `another commit was made meanwhile (${found})`);
    case 413:
    case 507:
      return isFull(found);
    case 429:
      return limited(found, resetSeconds);
  }
  return status >= 500 || status === 408
    ? new ObjectError(
        'temporary',
        `the hub does not answer as it should (${found}); run the same command again later`,
      )
    : new ObjectError('refused', `the hub refuses the request (${found}); check the name and HF_ENDPOINT`);
}

/** The ObjectError for what the hub's client has thrown; its own messages hold URLs. */
export function toHubError(error: unknown, access: HubAccess, place: HubPlace): ObjectError {
  if (error instanceof ObjectError) return error;
  if (isApiError(error)) {
    return refusalOf({ status: error.statusCode, word: null, text: '', resetSeconds: null }, access, place);
  }
  const cause = { cause: error };
  return new ObjectError('refused', 'the hub does not answer as a hub does; check HF_ENDPOINT', cause);
}

/** The error of a file's own address, which does not know of tokens. */
export function toFileError(error: unknown, access: HubAccess): unknown {
  if (!(error instanceof ObjectError)) return error;
  if (error.code === 'credentials') return notAccepted(access);
  return error.code === 'denied' ? notAllowed(access) : error;
}

function missing(word: string | null, found: string, { name, revision }: HubPlace): ObjectError {
  if (word === 'EntryNotFound') return new ObjectError('not_found', `there is no such file (${found})`);
  if (word === 'RepoNotFound') {
    const remedy = `check its name, or create it: hf repo create ${name} --repo-type dataset --private`;
    return new ObjectError('no_bucket', `there is no dataset '${name}' on the hub (${found}); ${remedy}`);
  }
  if (word === 'RevisionNotFound') {
    const remedy = `check its name, or create it: hf repo branch create ${name} ${revision ?? 'main'} --repo-type dataset`;
    return new ObjectError(
      'no_bucket',
      `dataset '${name}' has no branch '${revision ?? 'main'}' (${found}); ${remedy}`,
    );
  }
  return new ObjectError('no_bucket', `there is no such dataset or revision (${found}); check both names`);
}

function notAccepted({ token, use }: HubAccess, found = ''): ObjectError {
  const problem =
    token === null
      ? `there is no such dataset, or it wants a token${found}; check its name, or set HF_TOKEN to a token that may ${use} it`
      : `the hub does not accept the token${found}; check HF_TOKEN`;
  return new ObjectError('credentials', problem);
}

function notAllowed({ use }: HubAccess, found = ''): ObjectError {
  const remedy = `ask for access on its page, or set HF_TOKEN to a token that may ${use} it`;
  return new ObjectError('denied', `the hub denies access to this dataset${found}; ${remedy}`);
}

function isFull(found: string): ObjectError {
  const remedy = 'make room or extend your plan, and run the same command again';
  return new ObjectError('quota', `the hub takes no more data of this size (${found}); ${remedy}`);
}

function limited(found: string, resetSeconds: number | null): ObjectError {
  if (resetSeconds === null || resetSeconds <= LONGEST_PAUSE_S) {
    const options = { waitMs: 1000 * (resetSeconds ?? 0) };
    const remedy = 'run the same command again later';
    return new ObjectError('temporary', `the hub limits requests (${found}); ${remedy}`, options);
  }
  const when = `in ${Math.ceil(resetSeconds / 60)} minutes`;
  const remedy = `run the same command again ${when}, or begin anew with larger shards (--number-sample-per-shard)`;
  return new ObjectError('quota', `the hub takes no more commits for now (${found}); ${remedy}`);
}

const isApiError = (error: unknown): error is HubApiError =>
  error instanceof Error && 'statusCode' in error && typeof error.statusCode === 'number';
