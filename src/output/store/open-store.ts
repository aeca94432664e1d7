import { LocalStore } from './local-store.ts';
import type { Store } from './store.ts';

/** The store for what the user gave as `--output`. Touches nothing until the store is used. */
export function openStore(location: string): Store {
  return new LocalStore(location);
}
