import { parseUrl } from './parse-url.ts';

const POSTGRES = ['postgres:', 'postgresql:'];
/** Redis and Valkey, with TLS or without. */
const SCHEMES = ['redis:', 'rediss:', ...POSTGRES];

/** Whether a text is the address of a queue, such as `redis://10.0.0.1`. */
export function isQueueAddress(text: string): boolean {
  const url = parseUrl(text);
  return url !== null && url.hostname !== '' && SCHEMES.includes(url.protocol);
}

export function isPostgres(address: string): boolean {
  return POSTGRES.includes(new URL(address).protocol);
}

/** The address for messages and files: without user, password and parameters. */
export function publicQueueAddress(address: string): string {
  const url = new URL(address);
  return `${url.protocol}//${url.host}${url.pathname === '/' ? '' : url.pathname}`;
}
