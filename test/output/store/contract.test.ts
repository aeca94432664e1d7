import { afterAll, beforeAll, describe } from 'vitest';
import { openStore } from '../../../src/output/store/open-store.ts';
import {
  hasS3Program,
  type S3Program,
  type S3Server,
  startS3Server,
} from '../../support/servers/s3-server.ts';
import { useTempFolder } from '../../support/temp-folder.ts';
import { describeStore, type StoreUnderTest } from './contract.ts';

/** Every store must pass the contract. */
const STORES: readonly StoreUnderTest[] = [
  { name: 'local disk', newLocation: useTempFolder, open: openStore },
];

for (const store of STORES) describeStore(store);

/** Servers that know `If-None-Match`. The third is for those who have it: it takes minutes to compile. */
const SERVERS: readonly S3Program[] = ['moto', 'seaweedfs', 'versitygw'];

for (const program of SERVERS) {
  const isMissing =
    !(await hasS3Program(program)) && (program === 'versitygw' || process.env['CI'] === undefined);
  if (!isMissing) describe(program, () => describeS3(program));
}

function describeS3(program: S3Program): void {
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
  describeStore({
    name: `S3 (${program})`,
    newLocation: async () => {
      locations += 1;
      return `s3://${bucket}/laion-${locations}`;
    },
    open: openStore,
  });
}
