import type { S3Client } from '@aws-sdk/client-s3';
import { ObjectError } from '../interface/object-error.ts';

export type S3Module = typeof import('@aws-sdk/client-s3');

export interface S3Connection {
  readonly sdk: S3Module;
  readonly client: S3Client;
}

const CONNECT_MS = 10_000;
/** Without a byte in either direction. The time-outs of whole requests are those of `SteadyObjects`. */
const IDLE_MS = 60_000;
const MAX_SOCKETS = 64;

type Variables = Readonly<Record<string, string | undefined>>;

/** What decides where requests go and who makes them. */
const VARIABLES = [
  'AWS_ACCESS_KEY_ID',
  'AWS_DEFAULT_REGION',
  'AWS_ENDPOINT_URL',
  'AWS_ENDPOINT_URL_S3',
  'AWS_PROFILE',
  'AWS_REGION',
  'AWS_S3_ADDRESSING_STYLE',
] as const;

const connections = new Map<string, Promise<S3Connection>>();

/** The SDK and its client, loaded and made once in each thread: credentials and endpoint are those of the environment. */
export function connectS3(env: Variables = process.env): Promise<S3Connection> {
  const identity = JSON.stringify(VARIABLES.map((name) => env[name]));
  const connection = connections.get(identity) ?? connect(env);
  connections.set(identity, connection);
  return connection;
}

async function connect(env: Variables): Promise<S3Connection> {
  const sdk = await load();
  const region = env['AWS_REGION'] ?? env['AWS_DEFAULT_REGION'];
  const endpoint = env['AWS_ENDPOINT_URL_S3'] ?? env['AWS_ENDPOINT_URL'];
  const make = (chosen: string | undefined): S3Client =>
    new sdk.S3Client({
      ...(endpoint === undefined ? {} : { endpoint }),
      ...(chosen === undefined ? {} : { region: chosen }),
      forcePathStyle: usesPaths(env),
      followRegionRedirects: true,
      // Retries are those of `SteadyObjects`, for all stores alike.
      maxAttempts: 1,
      // A wrong clock is reported. Corrected in silence, it would confuse the dates in the dataset.
      disableClockSkewCorrection: true,
      requestHandler: {
        connectionTimeout: CONNECT_MS,
        socketTimeout: IDLE_MS,
        httpsAgent: { keepAlive: true, maxSockets: MAX_SOCKETS },
        httpAgent: { keepAlive: true, maxSockets: MAX_SOCKETS },
      },
    });
  const client = make(region);
  // Other stores have no regions, and Amazon redirects to the bucket's.
  const hasRegion = await client.config.region().then(
    () => true,
    () => false,
  );
  return { sdk, client: hasRegion ? client : make('us-east-1') };
}

/** Stores behind an endpoint of their own seldom have a name for each bucket. `AWS_S3_ADDRESSING_STYLE` decides. */
function usesPaths(env: Variables): boolean {
  const style = env['AWS_S3_ADDRESSING_STYLE'];
  if (style === 'path' || style === 'virtual') return style === 'path';
  return (env['AWS_ENDPOINT_URL_S3'] ?? env['AWS_ENDPOINT_URL']) !== undefined;
}

async function load(): Promise<S3Module> {
  // A warning to us, not to the user: this version of the SDK is made for this Node.
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';
  try {
    return await import('@aws-sdk/client-s3');
  } catch (error) {
    const remedy = 'npm install @aws-sdk/client-s3';
    throw new ObjectError('refused', `the package for S3 is not installed; run ${remedy}`, { cause: error });
  }
}
