import { createRequire } from 'node:module';

const { version } = createRequire(import.meta.url)('../../package.json') as { readonly version: string };

/** Version of laion-fetch, from its package.json. */
export const VERSION: string = version;
