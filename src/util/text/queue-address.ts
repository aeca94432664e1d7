import { parseUrl } from './parse-url.ts';

/** What a queue may be: the schemes of `--queue`. */
const KINDS = {
  'redis:': 'redis',
  'rediss:': 'redis',
  'postgres:': 'postgres',
  'postgresql:': 'postgres',
} as const;

export type QueueKind = (typeof KINDS)[keyof typeof KINDS];

/** The kind of the queue at an address such as `redis://10.0.0.1`; null if it is not one. */
export function queueKind(address: string): QueueKind | null {
  const url = parseUrl(address);
  if (url === null || url.hostname === '') return null;
  return KINDS[url.protocol as keyof typeof KINDS] ?? null;
}

/** The address for messages and files: without user, password and parameters. */
export function publicQueueAddress(address: string): string {
  const url = new URL(address);
  return `${url.protocol}//${url.host}${url.pathname === '/' ? '' : url.pathname}`;
}
