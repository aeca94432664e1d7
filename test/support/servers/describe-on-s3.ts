import { afterAll, beforeAll, describe } from 'vitest';
import { hasS3Program, type S3Program, type S3Server, startS3Server } from './s3-server.ts';

/**
 * Describes tests for each of these programs that is installed. In CI all must be but versitygw, which takes minutes to
 * compile. `newLocation` makes an address of its own in the program's bucket.
 */
export async function describeOnS3(
  programs: readonly S3Program[],
  describeTests: (program: S3Program, newLocation: () => string) => void,
): Promise<void> {
  for (const program of programs) {
    const isMissing =
      !(await hasS3Program(program)) && (program === 'versitygw' || process.env['CI'] === undefined);
    if (isMissing) continue;
    describe(program, () => {
      let server: S3Server;
      let bucket = '';
      let locations = 0;
      const before = { ...process.env };
      beforeAll(async () => {
        server = await startS3Server(program);
        bucket = await server.newBucket();
        Object.assign(process.env, server.env);
      });
      afterAll(async () => {
        process.env = before;
        await server.stop();
      });
      describeTests(program, () => {
        locations += 1;
        return `s3://${bucket}/laion-${locations}`;
      });
    });
  }
}
