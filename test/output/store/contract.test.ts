import { openStore } from '../../../src/output/store/open-store.ts';
import { useTempFolder } from '../../support/temp-folder.ts';
import { describeStore, type StoreUnderTest } from './contract.ts';

/** Every store must pass the contract. */
const STORES: readonly StoreUnderTest[] = [
  { name: 'local disk', newLocation: useTempFolder, open: openStore },
];

for (const store of STORES) describeStore(store);
