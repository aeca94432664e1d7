import { isPostgres } from '../util/text/queue-address.ts';
import type { Broker } from './interface/broker.ts';

/**
 * Connects to the server at an address of `--queue`, and loads the packages for it.
 * @throws UserError with exit code 3 if the server refuses the password; UnreachableError if it may be there later
 */
export async function openBroker(address: string): Promise<Broker> {
  if (isPostgres(address)) {
    const { PostgresBroker } = await import('./postgres/postgres-broker.ts');
    return PostgresBroker.connect(address);
  }
  const { RedisBroker } = await import('./redis/redis-broker.ts');
  return RedisBroker.connect(address);
}
