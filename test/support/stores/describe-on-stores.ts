import { afterAll, beforeAll, describe } from 'vitest';
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
      const before = new Map<string, string | undefined>();
      beforeAll(async () => {
        server = await startStoreServer(program);
        bucket = await server.newBucket();
        for (const name of Object.keys(server.env)) before.set(name, process.env[name]);
        Object.assign(process.env, server.env);
      });
      afterAll(async () => {
        // One by one: threads would not see another object.
        for (const [name, value] of before) {
          if (value === undefined) delete process.env[name];
          else process.env[name] = value;
        }
        await server.stop();
      });
      describeTests(program, () => {
        locations += 1;
        return `${schemeOf(program)}://${bucket}/laion-${locations}`;
      });
    });
  }
}
