import { onTestFinished } from 'vitest';
import { Fetcher } from '../../src/fetch/fetcher.ts';
import type { FetchSettings } from '../../src/fetch/settings.ts';
import { fetchSettings } from './fetch-settings.ts';

/** A fetcher that is closed when the running test ends; a broken machine is an error of the test. */
export function useFetcher(settings: Partial<FetchSettings> & Pick<FetchSettings, 'resolvers'>): Fetcher {
  const fetcher = new Fetcher({
    settings: fetchSettings(settings),
    onBroken: (error) => {
      throw error;
    },
  });
  onTestFinished(() => fetcher.close());
  return fetcher;
}
