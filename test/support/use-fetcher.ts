import { onTestFinished } from 'vitest';
import { Fetcher, type FetchResult, type FetchSettings } from '../../src/fetch/fetcher.ts';
import { DEFAULT_OPT_OUT_DIRECTIVES } from '../../src/fetch/opt-out.ts';

const SETTINGS: FetchSettings = {
  concurrency: 64,
  perHost: 16,
  perHostRate: null,
  rate: null,
  bandwidth: null,
  timeoutMs: 1000,
  deadlineMs: 2000,
  maxBodyBytes: 100_000,
  retries: 0,
  resolvers: [],
  userAgent: 'laion-fetch/test',
  userAgentToken: null,
  optOutDirectives: DEFAULT_OPT_OUT_DIRECTIVES,
  allowPrivate: ['127.0.0.0/8'],
  ports: [80, 443],
  insecureTls: true,
};

/** Impatient settings that let a fetcher reach nothing but loopback. */
export const fetchSettings = (settings: Partial<FetchSettings>): FetchSettings => ({
  ...SETTINGS,
  ...settings,
});

/** A fetcher that is closed when the running test ends; a broken machine is an error of the test. */
export function useFetcher(settings: Partial<FetchSettings> & Pick<FetchSettings, 'resolvers'>): Fetcher {
  const fetcher = new Fetcher(fetchSettings(settings), (fault) => {
    throw fault;
  });
  onTestFinished(() => fetcher.close());
  return fetcher;
}

/** `ok`, or the failure's code. */
export const outcome = (result: FetchResult): string => (result.ok ? 'ok' : result.failure.code);
