import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { GoogleBackend } from '../../src/objects/google/google-backend.ts';
import { credentialsFailed, toGoogleError } from '../../src/objects/google/google-error.ts';
import { SteadyObjects } from '../../src/objects/steady/steady-objects.ts';
import { lendEnvironment } from '../support/stores/lend-environment.ts';
import { hasStoreProgram, startStoreServer } from '../support/stores/start-store.ts';
import type { StoreServer } from '../support/stores/store-server.ts';

const isInstalled = process.env['CI'] !== undefined || (await hasStoreProgram('fake-gcs-server'));

describe.skipIf(!isInstalled)('uploads in a bucket of Google', () => {
  let server: StoreServer;
  let backend: GoogleBackend;
  let restore = () => {};
  beforeAll(async () => {
    server = await startStoreServer('fake-gcs-server');
    restore = lendEnvironment(server.env);
    backend = new GoogleBackend(await server.newBucket());
  });
  afterAll(async () => {
    restore();
    await server.stop();
  });
  const { signal } = new AbortController();
  const uploadOf = async (key: string) => ({ key, id: await backend.startUpload() });
  const open = async () => (await backend.listUploads('', null, signal)).uploads;

  test('may have more parts than can be put together at once', async () => {
    const upload = await uploadOf('laion/00000.tar');
    const parts = Array.from({ length: 70 }, (_, i) => Buffer.from(`part ${i} `));
    const tags: string[] = [];
    for (const part of parts) tags.push(await backend.uploadPart(upload, tags.length + 1, part, signal));
    expect(await backend.head(upload.key, signal)).toBeNull();
    expect(await open()).toEqual([upload]);
    const objects = new SteadyObjects(backend, '');
    expect(await objects.completeUpload(upload, tags)).toBe(true);
    const { body } = await backend.get(upload.key, { offset: 0, length: null, version: null }, signal);
    expect(await buffer(body)).toEqual(Buffer.concat(parts));
    expect(await open()).toEqual([]);
  });

  test('of which another has removed a part are not there, and leave nothing', async () => {
    const upload = await uploadOf('laion/00001.tar');
    const tags = [
      await backend.uploadPart(upload, 1, Buffer.from('a'), signal),
      await backend.uploadPart(upload, 2, Buffer.from('b'), signal),
    ];
    await backend.remove([`.laion-fetch/uploads/${upload.key}/${upload.id}/000001`], signal);
    expect(await new SteadyObjects(backend, '').completeUpload(upload, tags)).toBe(false);
    expect(await open()).toEqual([]);
    expect(await backend.head(upload.key, signal)).toBeNull();
  });

  test('keep nobody from reading the version that was seen, or from learning that it is gone', async () => {
    const range = (version: string) => ({ offset: 1, length: 2, version });
    const old = await backend.put('a.json', Buffer.from('old!'), 'none', signal);
    const { body } = await backend.get('a.json', range(old), signal);
    expect(String(await buffer(body))).toBe('ld');
    await expect(backend.put('a.json', Buffer.from('x'), 'absent', signal)).rejects.toMatchObject({
      code: 'exists',
    });
    await backend.put('a.json', Buffer.from('new!'), { version: old }, signal);
    await expect(backend.put('a.json', Buffer.from('x'), { version: old }, signal)).rejects.toMatchObject({
      code: 'exists',
    });
    await expect(backend.get('a.json', range(old), signal)).rejects.toMatchObject({ code: 'changed' });
  });
});

describe('an answer of Google', () => {
  const answer = (status: number, reason: string, message = 'a-secret', date: string | null = null) => ({
    status,
    date,
    text: JSON.stringify({ error: { message, errors: [{ reason }] } }),
    bucket: 'laion',
    isSigned: true,
  });

  test.each([
    [answer(401, 'authError'), 'credentials'],
    [answer(401, 'required', '', new Date(Date.now() - 20 * 60_000).toUTCString()), 'clock'],
    [answer(403, 'forbidden'), 'denied'],
    [answer(403, 'rateLimitExceeded'), 'temporary'],
    [answer(403, 'quotaExceeded'), 'quota'],
    [answer(404, 'notFound', 'The specified bucket does not exist.'), 'no_bucket'],
    [answer(404, 'notFound', 'No such object: laion/a-secret'), 'not_found'],
    [answer(412, 'conditionNotMet'), 'exists'],
    [answer(400, 'invalid', 'Provided MD5 hash does not match'), 'temporary'],
    [answer(400, 'invalid'), 'refused'],
    [{ ...answer(503, ''), text: '<html>' }, 'temporary'],
  ])('%j', (found, code) => {
    const error = toGoogleError(found);
    expect(error.code).toBe(code);
    expect(error.message).not.toContain('a-secret');
  });

  test.each([
    [{ response: { status: 400 }, code: '400' }, 'credentials'],
    [{ code: 'ERR_OSSL_UNSUPPORTED' }, 'credentials'],
    [{ response: { status: 503 } }, 'temporary'],
    [{ code: 'ENOTFOUND' }, 'temporary'],
  ])('credentials that give no token: %j', (error, code) => {
    expect(credentialsFailed(error).code).toBe(code);
  });
});
