import { LocalStore } from './local-store.ts';
import type { Store } from './store.ts';

/** The store for the user's `--output`. Touches nothing until the store is used. */
export function openStore(location: string): Store {
  return new LocalStore(location);
}
