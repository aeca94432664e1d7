import { openStore } from '../../../src/output/store/open-store.ts';
import { describeOnStores } from '../../support/stores/describe-on-stores.ts';
import { useTempFolder } from '../../support/temp-folder.ts';
import { describeStore, type StoreUnderTest } from './contract.ts';

/** Every store must pass the contract. */
const STORES: readonly StoreUnderTest[] = [
  { name: 'local disk', newLocation: useTempFolder, open: openStore },
];

for (const store of STORES) describeStore(store);

/** Servers that know conditions on creating. */
await describeOnStores(
  ['moto', 'seaweedfs', 'versitygw', 'azurite', 'fake-gcs-server', 'hub'],
  (program, newLocation) => {
    const leavesNothing = program === 'hub';
    describeStore({ name: program, newLocation: async () => newLocation(), open: openStore, leavesNothing });
  },
);
