import { onTestFinished } from 'vitest';
import { Fetcher, type FetcherOptions } from '../../src/fetch/fetcher.ts';
import type { FetchSettings } from '../../src/fetch/settings.ts';
import { fetchSettings } from './fetch-settings.ts';

/** A fetcher that closes when the running test ends. A broken machine fails the test unless `onBroken` is given. */
export function useFetcher(
  settings: Partial<FetchSettings> & Pick<FetchSettings, 'resolvers'>,
  options: Partial<FetcherOptions> = {},
): Fetcher {
  const fetcher = new Fetcher({
    settings: fetchSettings(settings),
    onBroken: (error) => {
      throw error;
    },
    ...options,
  });
  onTestFinished(() => fetcher.close());
  return fetcher;
}
