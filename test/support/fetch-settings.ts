import { DEFAULT_OPT_OUT_DIRECTIVES } from '../../src/fetch/http/x-robots-tag.ts';
import type { FetchResult } from '../../src/fetch/result.ts';
import type { FetchSettings } from '../../src/fetch/settings.ts';

const SETTINGS: FetchSettings = {
  concurrency: 64,
  perHost: 16,
  perAddress: null,
  perHostRate: null,
  rate: null,
  bandwidth: null,
  timeoutMs: 1000,
  deadlineMs: 2000,
  maxBodyBytes: 100_000,
  minBodyBytes: 0,
  maxHeldBytes: 64 * 2 ** 20,
  retries: 0,
  resolvers: [],
  userAgent: 'laion-fetch/test',
  requestHeaders: {},
  userAgentToken: null,
  baseUrl: null,
  // Servers of tests count their requests: those of rights ask for files.
  rights: { policy: 'standard', files: [], tokens: [] },
  headersOnly: false,
  allowStore: [],
  optOutDirectives: DEFAULT_OPT_OUT_DIRECTIVES,
  allowPrivate: ['127.0.0.0/8'],
  ports: [80, 443],
  insecureTls: true,
  proxy: null,
};

/** Settings with short time limits that let a fetcher reach only loopback. */
export const fetchSettings = (settings: Partial<FetchSettings>): FetchSettings => ({
  ...SETTINGS,
  ...settings,
});

/** `ok` or the failure code. */
export const outcome = (result: FetchResult): string => (result.ok ? 'ok' : result.failure.code);
