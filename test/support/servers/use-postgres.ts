import { onTestFinished } from 'vitest';
import type { AtEnd } from '../temp-folder.ts';
import { type PostgresServer, startPostgres } from './postgres-server.ts';

/** A PostgreSQL that ends with the test. */
export async function usePostgres(atEnd: AtEnd = onTestFinished): Promise<PostgresServer> {
  const server = await startPostgres();
  atEnd(() => server.stop());
  return server;
}
