import { onTestFinished } from 'vitest';
import type { AtEnd } from '../temp-folder.ts';
import { type RedisServer, startRedis } from './redis-server.ts';

/** A Redis that ends with the test. */
export async function useRedis(
  atEnd: AtEnd = onTestFinished,
  flags: readonly string[] = [],
): Promise<RedisServer> {
  const server = await startRedis(flags);
  atEnd(() => server.stop());
  return server;
}
