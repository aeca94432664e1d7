import type { ContainerClient } from '@azure/storage-blob';
import { ObjectError } from '../interface/object-error.ts';

type AzureModule = typeof import('@azure/storage-blob');
type Variables = Readonly<Record<string, string | undefined>>;

/** A container, and the account that has it; null for the account of the environment. */
export interface AzureContainer {
  readonly container: string;
  readonly account: string | null;
}

/** Retries are those of `SteadyObjects`, for all stores alike. */
const OPTIONS = { retryOptions: { maxTries: 1 } } as const;

const clients = new Map<string, Promise<ContainerClient>>();

/** The SDK's client of a container, loaded and made once in each thread: credentials are those of the environment. */
export async function connectAzure(
  place: AzureContainer,
  env: Variables = process.env,
): Promise<ContainerClient> {
  const found = credentialsOf(place.account, env);
  const identity = JSON.stringify([place, found]);
  const client = clients.get(identity) ?? load().then((sdk) => connect(sdk, place.container, found));
  clients.set(identity, client);
  return client;
}

type Credentials =
  | { readonly connection: string }
  | { readonly account: string; readonly key: string | null; readonly sas: string | null };

/** By the variables of Azure's command line and of adlfs, which fsspec uses. An account that is named comes first. */
function credentialsOf(named: string | null, env: Variables): Credentials {
  const connection = env['AZURE_STORAGE_CONNECTION_STRING'];
  if (connection && (named === null || accountOf(connection) === named)) return { connection };
  const account = named ?? (env['AZURE_STORAGE_ACCOUNT'] || env['AZURE_STORAGE_ACCOUNT_NAME']);
  if (!account) {
    const remedy = 'set AZURE_STORAGE_CONNECTION_STRING or AZURE_STORAGE_ACCOUNT';
    throw new ObjectError('credentials', `nothing says which account is meant; ${remedy}`);
  }
  return {
    account,
    key: env['AZURE_STORAGE_KEY'] || env['AZURE_STORAGE_ACCOUNT_KEY'] || null,
    sas: env['AZURE_STORAGE_SAS_TOKEN']?.replace(/^\?/, '') || null,
  };
}

const accountOf = (connection: string): string | undefined =>
  /(?:^|;)AccountName=([^;]+)/i.exec(connection)?.[1];

function connect(sdk: AzureModule, container: string, credentials: Credentials): ContainerClient {
  const { BlobServiceClient, StorageSharedKeyCredential } = sdk;
  if ('connection' in credentials) {
    try {
      return BlobServiceClient.fromConnectionString(credentials.connection, OPTIONS).getContainerClient(
        container,
      );
    } catch {
      // The SDK's message may hold the text.
      const expected = 'DefaultEndpointsProtocol=https;AccountName=...;AccountKey=...';
      throw new ObjectError(
        'credentials',
        `AZURE_STORAGE_CONNECTION_STRING is not valid; expected a text such as ${expected}`,
      );
    }
  }
  const { account, key, sas } = credentials;
  const url = `https://${account}.blob.core.windows.net`;
  const service =
    key === null
      ? new BlobServiceClient(sas === null ? url : `${url}?${sas}`, undefined, OPTIONS)
      : new BlobServiceClient(url, new StorageSharedKeyCredential(account, key), OPTIONS);
  return service.getContainerClient(container);
}

async function load(): Promise<AzureModule> {
  try {
    return await import('@azure/storage-blob');
  } catch (error) {
    const remedy = 'npm install @azure/storage-blob@12';
    throw new ObjectError('refused', `the package for Azure is not installed; run ${remedy}`, {
      cause: error,
    });
  }
}
