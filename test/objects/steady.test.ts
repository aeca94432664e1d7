import { buffer } from 'node:stream/consumers';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseStoreLocation } from '../../src/core/store-schemes.ts';
import { connectAzure } from '../../src/objects/azure/azure-client.ts';
import { toAzureError } from '../../src/objects/azure/azure-error.ts';
import type { OpenedObject, ReadRange } from '../../src/objects/interface/object-backend.ts';
import { ObjectError } from '../../src/objects/interface/object-error.ts';
import { openObjects } from '../../src/objects/open-objects.ts';
import { toObjectError } from '../../src/objects/s3/s3-error.ts';
import { ATTEMPTS, waitBefore, withAttempts, withTimeout } from '../../src/objects/steady/attempts.ts';
import { readSteadily } from '../../src/objects/steady/read-steadily.ts';

const broken = (): ObjectError => new ObjectError('temporary', 'broken');

describe('a location', () => {
  test.each([
    ['s3://bucket/laion/', { kind: 's3', bucket: 'bucket', path: 'laion' }],
    ['S3A://bucket', { kind: 's3', bucket: 'bucket', path: '' }],
    ['s3://b/a b/*.parquet', { kind: 's3', bucket: 'b', path: 'a b/*.parquet' }],
    ['az://c/laion', { kind: 'azure', bucket: 'c', path: 'laion' }],
    ['abfs://c/laion', { kind: 'azure', bucket: 'c', path: 'laion' }],
    [
      'abfss://c@acc1.dfs.core.windows.net/a/b/',
      { kind: 'azure', bucket: 'c', account: 'acc1', path: 'a/b' },
    ],
    ['abfss://c@evil.example/a', null],
    ['/data/s3:/b', null],
    ['s3://key:secret@b/laion', null],
    ['https://b/laion', null],
    ['C://b/laion', null],
  ])('%s', (text, location) => {
    expect(parseStoreLocation(text)).toEqual(location);
  });
});

test('objects are named as the user named their location', () => {
  expect(openObjects('s3://b/laion/')?.address()).toBe('s3://b/laion');
  expect(openObjects('s3a://b')?.address('00000.tar')).toBe('s3://b/00000.tar');
  expect(openObjects('abfs://c/laion')?.address('00000.tar')).toBe('az://c/laion/00000.tar');
  const named = 'abfss://c@acc1.dfs.core.windows.net/laion';
  expect(openObjects(named)?.address()).toBe(named);
  expect(openObjects('/data/laion')).toBeNull();
});

describe('attempts', () => {
  test('wait longer each time, up to 20 s, and never the same', () => {
    const shortest = [1, 2, 3, 20].map((attempt) => waitBefore(attempt, () => 0));
    const longest = [1, 2, 3, 20].map((attempt) => waitBefore(attempt, () => 1));
    expect(shortest).toEqual([50, 100, 200, 10_000]);
    expect(longest).toEqual([100, 200, 400, 20_000]);
  });

  test('are made for what may heal, and not for anything else', async () => {
    const seen: number[] = [];
    const result = await withAttempts(1000, async (attempt) => {
      seen.push(attempt);
      if (attempt < 2) throw broken();
      return 'done';
    });
    expect([result, seen]).toEqual(['done', [0, 1, 2]]);
    const denied = withAttempts(1000, async (attempt) => {
      throw new ObjectError('denied', String(attempt));
    });
    await expect(denied).rejects.toMatchObject({ code: 'denied', message: '0' });
  });

  test('end when they take too long, even if nobody listens to the signal', async () => {
    const hangs = withTimeout(1, null, () => new Promise<never>(() => {}));
    await expect(hangs).rejects.toMatchObject({ code: 'temporary' });
  });

  test('end when the caller has had enough', async () => {
    const controller = new AbortController();
    const hangs = withAttempts(60_000, () => new Promise<never>(() => {}), controller.signal);
    controller.abort(new Error('enough'));
    await expect(hangs).rejects.toThrow('enough');
  });
});

describe('reading', () => {
  const content = Buffer.from(Array.from({ length: 5000 }, (_, index) => index % 251));

  /** An object whose connections break after each of these numbers of bytes. */
  function unreliable(cuts: readonly number[]) {
    const left = [...cuts];
    return async ({ offset, length, version }: ReadRange): Promise<OpenedObject> => {
      expect(version).toBe(left.length === cuts.length ? null : 'v1');
      const end = length === null ? content.length : Math.min(content.length, offset + length);
      async function* body(): AsyncGenerator<Uint8Array> {
        const cut = left.shift();
        yield content.subarray(offset, cut === undefined ? end : Math.min(end, offset + cut));
        if (cut !== undefined) throw broken();
      }
      return { version: 'v1', body: body() };
    };
  }

  test('goes on where the connection broke off', async () => {
    const range = fc.tuple(fc.nat(4999), fc.option(fc.nat(5000)));
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 3000 }), { maxLength: 3 }),
        range,
        async (cuts, [offset, wanted]) => {
          const length = wanted === null ? null : Math.min(wanted, content.length - offset);
          const read = readSteadily(unreliable(cuts), { offset, length, version: null }, null);
          const end = length === null ? content.length : offset + length;
          expect(await buffer(read)).toEqual(content.subarray(offset, end));
        },
      ),
      { numRuns: 20 },
    );
  });

  test('refuses to go on with another object', async () => {
    let requests = 0;
    const get = async (): Promise<OpenedObject> => {
      requests += 1;
      if (requests > 1) throw new ObjectError('changed', 'changed');
      async function* body(): AsyncGenerator<Uint8Array> {
        yield content;
        throw broken();
      }
      return { version: 'v1', body: body() };
    };
    const read = buffer(readSteadily(get, { offset: 0, length: null, version: null }, null));
    await expect(read).rejects.toMatchObject({ code: 'changed' });
  });

  test('does not go on without a version, which could mix two objects', async () => {
    async function* body(): AsyncGenerator<Uint8Array> {
      yield content;
      throw broken();
    }
    const get = async (): Promise<OpenedObject> => ({ version: null, body: body() });
    const read = buffer(readSteadily(get, { offset: 0, length: null, version: null }, null));
    await expect(read).rejects.toMatchObject({ code: 'temporary' });
    expect(ATTEMPTS).toBeGreaterThan(1);
  });
});

describe("an error of Amazon's SDK", () => {
  const answered = (name: string, httpStatusCode: number, headers: Record<string, string> = {}) => ({
    name,
    message: 'AKIDSECRET in a message',
    $metadata: { httpStatusCode },
    $response: { headers },
  });

  test.each([
    [answered('InvalidAccessKeyId', 403), 'credentials'],
    [answered('SignatureDoesNotMatch', 403), 'credentials'],
    [{ name: 'CredentialsProviderError' }, 'credentials'],
    [answered('NoSuchBucket', 404), 'no_bucket'],
    [answered('AccessDenied', 403), 'denied'],
    [answered('403', 403, { date: new Date().toUTCString() }), 'denied'],
    [answered('RequestTimeTooSkewed', 403), 'clock'],
    [answered('AccessDenied', 403, { date: new Date(Date.now() - 20 * 60_000).toUTCString() }), 'clock'],
    [answered('QuotaExceeded', 403), 'quota'],
    [answered('Unknown', 507), 'quota'],
    [answered('InternalError', 500), 'temporary'],
    [answered('SlowDown', 503), 'temporary'],
    [answered('Error', 429), 'temporary'],
    [{ name: 'Error', code: 'ECONNRESET' }, 'temporary'],
    [answered('ConditionalRequestConflict', 409), 'exists'],
    [answered('PreconditionFailed', 412), 'exists'],
    [answered('MalformedXML', 400), 'refused'],
  ])('%j', (error, code) => {
    const found = toObjectError(error, 'laion');
    expect(found.code).toBe(code);
    expect(found.message).not.toContain('AKIDSECRET');
  });
});

describe("an error of Microsoft's SDK", () => {
  const answered = (code: string, statusCode: number, date = new Date()) => ({
    name: 'RestError',
    message: 'a-secret in a message',
    code,
    statusCode,
    response: { headers: new Headers({ date: date.toUTCString() }) },
  });

  test.each([
    [answered('AuthenticationFailed', 403), 'credentials'],
    [answered('NoAuthenticationInformation', 401), 'credentials'],
    [answered('AuthenticationFailed', 403, new Date(Date.now() - 20 * 60_000)), 'clock'],
    [answered('AuthorizationPermissionMismatch', 403), 'denied'],
    [answered('ContainerNotFound', 404), 'no_bucket'],
    [answered('BlobNotFound', 404), 'not_found'],
    [answered('InvalidBlockList', 400), 'not_found'],
    [answered('BlobAlreadyExists', 409), 'exists'],
    [answered('ConditionNotMet', 412), 'exists'],
    [answered('Md5Mismatch', 400), 'temporary'],
    [answered('ServerBusy', 503), 'temporary'],
    [{ name: 'RestError', code: 'ECONNRESET' }, 'temporary'],
    [answered('InvalidUri', 400), 'refused'],
  ])('%j', (error, code) => {
    const found = toAzureError(error, 'laion');
    expect(found.code).toBe(code);
    expect(found.message).not.toContain('a-secret');
  });
});

test('an account of Azure that nothing names is told before any request', async () => {
  const client = connectAzure({ container: 'c', account: null }, {});
  await expect(client).rejects.toThrow('set AZURE_STORAGE_CONNECTION_STRING or AZURE_STORAGE_ACCOUNT');
  const text = 'AccountKey=a-secret';
  const broken = connectAzure({ container: 'c', account: null }, { AZURE_STORAGE_CONNECTION_STRING: text });
  await expect(broken).rejects.toThrow(/^AZURE_STORAGE_CONNECTION_STRING is not valid; expected [^;]*;/);
  const named = { container: 'c', account: 'acc1' };
  const { url } = await connectAzure(named, { AZURE_STORAGE_CONNECTION_STRING: text });
  expect(url).toBe('https://acc1.blob.core.windows.net/c');
});
