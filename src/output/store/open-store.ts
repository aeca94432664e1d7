import { openObjects } from '../../objects/open-objects.ts';
import { CommitStore } from './commit-store.ts';
import { LocalStore } from './local-store.ts';
import { ObjectStore } from './object-store.ts';
import type { Store } from './store.ts';

/**
 * The store for the user's `--output`. Touches nothing until the store is used. `staging`: folder on the local disk for
 * files of shards that a store accepts only when they are complete; null for one in the system's temporary folder.
 */
export function openStore(location: string, staging: string | null = null): Store {
  const objects = openObjects(location);
  if (objects === null) return new LocalStore(location);
  return 'commit' in objects ? new CommitStore(objects, staging) : new ObjectStore(objects);
}
