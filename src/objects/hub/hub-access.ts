import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { ObjectError } from '../interface/object-error.ts';

/** Which hub is meant, and who asks. */
export interface HubAccess {
  readonly endpoint: URL;
  readonly token: string | null;
  readonly use: HubUse;
}

export type HubUse = 'read' | 'write';

type Variables = Readonly<Record<string, string | undefined>>;

/** By the variables of the hub's own programs. */
export function hubAccess(env: Variables, use: HubUse): HubAccess {
  return { endpoint: endpointOf(env), token: tokenOf(env), use };
}

function endpointOf(env: Variables): URL {
  const text = env['HF_ENDPOINT'] || 'https://huggingface.co';
  try {
    return new URL(text);
  } catch {
    throw new ObjectError(
      'refused',
      `HF_ENDPOINT is '${text}'; expected a URL such as https://huggingface.co`,
    );
  }
}

/** The variable, or else the file that `hf auth login` writes. The hub's client refuses other tokens. */
function tokenOf(env: Variables): string | null {
  const variable = env['HF_TOKEN']?.trim();
  const file = tokenFile(env);
  const token = variable || readToken(file);
  if (!token || token.startsWith('hf_')) return token || null;
  throw variable
    ? new ObjectError('credentials', 'HF_TOKEN does not begin with hf_; set it to a token of the hub')
    : new ObjectError(
        'credentials',
        `'${file}' holds no token of the hub; run hf auth login, or set HF_TOKEN`,
      );
}

function tokenFile(env: Variables): string {
  if (env['HF_TOKEN_PATH']) return env['HF_TOKEN_PATH'];
  const cache = env['XDG_CACHE_HOME'] || join(env['HOME'] || homedir(), '.cache');
  return join(env['HF_HOME'] || join(cache, 'huggingface'), 'token');
}

function readToken(file: string): string | null {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return null;
  }
}
