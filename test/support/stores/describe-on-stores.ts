import { afterAll, beforeAll, describe } from 'vitest';
import { lendEnvironment } from './lend-environment.ts';
import { hasStoreProgram, type StoreProgram, schemeOf, startStoreServer } from './start-store.ts';
import type { StoreServer } from './store-server.ts';

/**
 * Describes tests for each of these programs that is installed. In CI all must be but versitygw, which takes minutes to
 * compile. `newLocation` makes an address of its own in the program's bucket.
 */
export async function describeOnStores(
  programs: readonly StoreProgram[],
  describeTests: (program: StoreProgram, newLocation: () => string) => void,
): Promise<void> {
  for (const program of programs) {
    const isMissing =
      !(await hasStoreProgram(program)) && (program === 'versitygw' || process.env['CI'] === undefined);
    if (isMissing) continue;
    describe(program, () => {
      let server: StoreServer;
      let bucket = '';
      let locations = 0;
      let restore = () => {};
      beforeAll(async () => {
        server = await startStoreServer(program);
        bucket = await server.newBucket();
        restore = lendEnvironment(server.env);
      });
      afterAll(async () => {
        restore();
        await server.stop();
      });
      describeTests(program, () => {
        locations += 1;
        return `${schemeOf(program)}://${bucket}/laion-${locations}`;
      });
    });
  }
}
