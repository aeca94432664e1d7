import { openObjects } from '../../objects/open-objects.ts';
import { LocalStore } from './local-store.ts';
import { ObjectStore } from './object-store.ts';
import type { Store } from './store.ts';

/** The store for the user's `--output`. Touches nothing until the store is used. */
export function openStore(location: string): Store {
  const objects = openObjects(location);
  return objects === null ? new LocalStore(location) : new ObjectStore(objects);
}
