import { parseStoreLocation, type StoreLocation } from '../core/store-schemes.ts';
import { AzureBackend } from './azure/azure-backend.ts';
import { GoogleBackend } from './google/google-backend.ts';
import { HubObjects } from './hub/hub-objects.ts';
import type { CommitsWriter } from './interface/commits-writer.ts';
import type { ObjectBackend } from './interface/object-backend.ts';
import type { PartsWriter } from './interface/parts-writer.ts';
import { S3Backend } from './s3/s3-backend.ts';
import { SteadyObjects } from './steady/steady-objects.ts';

/**
 * The objects below a location such as `s3://bucket/laion`, to be read and written; null if the text names no store.
 * Touches nothing, and loads no SDK, before its first request.
 */
export function openObjects(text: string): PartsWriter | CommitsWriter | null {
  const location = parseStoreLocation(text);
  if (location === null) return null;
  const { path } = location;
  if (location.kind === 'hub') {
    return new HubObjects({ name: location.bucket, revision: location.revision, path });
  }
  return new SteadyObjects(backendOf(location), path === '' ? '' : `${path}/`);
}

function backendOf({ kind, bucket, account }: Exclude<StoreLocation, { kind: 'hub' }>): ObjectBackend {
  switch (kind) {
    case 's3':
      return new S3Backend(bucket);
    case 'google':
      return new GoogleBackend(bucket);
    case 'azure':
      return new AzureBackend({ container: bucket, account: account ?? null });
  }
}
