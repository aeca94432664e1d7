import { openStore } from '../../../src/output/store/open-store.ts';
import { describeOnS3 } from '../../support/servers/describe-on-s3.ts';
import { useTempFolder } from '../../support/temp-folder.ts';
import { describeStore, type StoreUnderTest } from './contract.ts';

/** Every store must pass the contract. */
const STORES: readonly StoreUnderTest[] = [
  { name: 'local disk', newLocation: useTempFolder, open: openStore },
];

for (const store of STORES) describeStore(store);

/** Servers that know `If-None-Match`. */
await describeOnS3(['moto', 'seaweedfs', 'versitygw'], (program, newLocation) => {
  describeStore({ name: `S3 (${program})`, newLocation: async () => newLocation(), open: openStore });
});
