import { createRequire } from 'node:module';
import type * as undici from 'undici';

const require = createRequire(import.meta.url);

// Its index also loads fetch, caches, mocks and WebSockets, which take four fifths of its 110 ms in every start. The
// version is pinned exactly, and every test that fetches fails if a path changes.

/** undici's HTTP client, for one origin. */
export const Client: typeof undici.Client = require('undici/lib/dispatcher/client.js');
export type Client = undici.Client;

/** Makes undici's function that dials, with TLS where the URL asks for it. */
export const undiciConnector: typeof undici.buildConnector = require('undici/lib/core/connect.js');

/** The classes of undici's errors. */
export const errors: typeof undici.errors = require('undici/lib/core/errors.js');
