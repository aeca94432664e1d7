import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { CommitPace } from '../../src/objects/hub/commit-pace.ts';
import { hubAccess } from '../../src/objects/hub/hub-access.ts';
import type { CommitsWriter } from '../../src/objects/interface/commits-writer.ts';
import { openObjects } from '../../src/objects/open-objects.ts';
import type { HubRepo } from '../support/stores/hub-repo.ts';
import { HUB_TOKEN, type HubServer, startHubServer } from '../support/stores/hub-server.ts';
import { lendEnvironment } from '../support/stores/lend-environment.ts';
import { useTempFolder } from '../support/temp-folder.ts';

let server: HubServer;
let repo: HubRepo;
let place: string;
let restore = () => {};

beforeAll(async () => {
  server = await startHubServer();
  restore = lendEnvironment(server.env);
});
beforeEach(async () => {
  const dataset = await server.newBucket();
  place = `hf://${dataset}`;
  repo = server.repos.get(dataset.slice('datasets/'.length)) ?? expect.fail('no dataset');
});
afterAll(async () => {
  restore();
  await server.stop();
});

function open(location = `${place}/laion`): CommitsWriter {
  const objects = openObjects(location);
  return objects !== null && 'commit' in objects ? objects : expect.fail('no store of commits');
}

const text = async (objects: CommitsWriter, key: string): Promise<string> =>
  String(await buffer(objects.read(key)));
const small = (key: string, content = key) => ({ key, content: Buffer.from(content) });
const titles = (): string[] => repo.log().map(({ title }) => title);

async function largeFile(key: string, bytes: number) {
  const path = join(await useTempFolder(), 'large');
  const content = Buffer.alloc(bytes, key);
  await writeFile(path, content);
  return { key, content: { path, bytes, sha256: createHash('sha256').update(content).digest('hex') } };
}

describe('changes of a dataset on the hub', () => {
  test('are one commit, and large files come in parts before it', async () => {
    const objects = open();
    const tar = await largeFile('0.tar', 2_500_000);
    await objects.put('old.json', Buffer.from('old'));
    await objects.commit({ files: [tar, small('0_stats.json', '{}')], removed: ['old.json', 'missing'] });
    expect(titles()).toEqual([
      'laion-fetch: laion/old.json and 2 more',
      'laion-fetch: laion/old.json',
      'initial commit',
    ]);
    expect((await buffer(objects.read('0.tar'))).length).toBe(2_500_000);
    expect(String(await buffer(objects.read('0.tar', { offset: 5, length: 5 })))).toBe('0.tar');
    expect(await objects.head('0.tar')).toEqual({
      key: '0.tar',
      bytes: 2_500_000,
      version: tar.content.sha256,
    });
    expect(await objects.head('old.json')).toBeNull();
    expect(server.asked.filter((each) => /PUT .*\/\d$/.test(each))).toHaveLength(3);
    expect(server.leaked).toEqual([]);
  });

  test('that come together are made together, and nothing is committed twice', async () => {
    const objects = open();
    await Promise.all(
      Array.from({ length: 60 }, (_, i) =>
        objects.commit({ files: [small(`${i}.a`), small(`${i}.b`)], removed: [] }),
      ),
    );
    const { files } = repo.log()[0] ?? expect.fail('no commit');
    expect(files.size).toBe(121);
    // At most 100 files each.
    expect(titles()).toHaveLength(3);
    await objects.commit({ files: [small('0.a')], removed: [] });
    expect(titles()).toHaveLength(3);
  });

  test('to one file are made in order', async () => {
    const objects = open();
    const contents = ['a', 'b', 'c'];
    await Promise.all(contents.map((each) => objects.put('x.json', Buffer.from(each))));
    expect(await text(objects, 'x.json')).toBe('c');
    expect(titles()).toHaveLength(4);
  });

  test('that may wait come with the next commit', async () => {
    const objects = open();
    await objects.putWithNext('later.json', Buffer.from('1'));
    await objects.putWithNext('later.json', Buffer.from('2'));
    expect(await objects.head('later.json')).toBeNull();
    await objects.put('now.json', Buffer.from(''));
    expect(await text(objects, 'later.json')).toBe('2');
    expect(titles()).toHaveLength(2);
  });

  test('are kept when other writers are faster, and conditions see what those have written', async () => {
    const objects = open();
    // Each has a queue of its own, as in another process.
    process.env['HF_HOME'] = '/other';
    const other = open();
    const race = async (objects_: CommitsWriter, name: string): Promise<string | null> =>
      objects_.put('lock', Buffer.from(name), 'absent').then(
        () => name,
        () => null,
      );
    const [a, b] = [race(objects, 'a'), race(other, 'b')];
    const both = [objects.put('a.json', Buffer.from('a')), other.put('b.json', Buffer.from('b'))];
    const winners = (await Promise.all([a, b])).filter((name) => name !== null);
    await Promise.all(both);
    delete process.env['HF_HOME'];
    expect(winners).toEqual([await text(objects, 'lock')]);
    expect([await text(objects, 'a.json'), await text(objects, 'b.json')]).toEqual(['a', 'b']);
    const parents = repo.log().map(({ parent }) => parent);
    expect(new Set(parents).size).toBe(parents.length);
  });

  test('are made once if the answer was lost, also with a condition', async () => {
    const objects = open();
    const lost = { path: /POST .*\/commit\/main$/, status: 500, isDone: true };
    server.refusals.push(lost);
    await objects.put('lock', Buffer.from('me'), 'absent');
    expect(titles()).toEqual(['laion-fetch: laion/lock', 'initial commit']);
    const { version } = (await objects.head('lock')) ?? expect.fail('no lock');
    if (version === null) expect.fail('no version');
    server.refusals.push(lost);
    await objects.put('lock', Buffer.from('you'), { version });
    await expect(objects.put('lock', Buffer.from('they'), { version })).rejects.toMatchObject({
      code: 'exists',
    });
    await expect(objects.put('lock', Buffer.from('you'), 'absent')).rejects.toMatchObject({ code: 'exists' });
    expect(await text(objects, 'lock')).toBe('you');
    expect(titles()).toHaveLength(3);
    await expect(buffer(objects.read('lock', { version }))).rejects.toMatchObject({ code: 'changed' });
  });

  test('come with large files whose last part was acknowledged, but the answer was lost', async () => {
    const objects = open();
    const tar = await largeFile('0.tar', 1_500_000);
    server.refusals.push({ path: /POST \/lfs\/.*\/complete$/, status: 500, isDone: true });
    server.refusals.push({ path: /PUT \/lfs\//, status: 403, text: 'Request has expired' });
    const parts = (): number => server.asked.filter((each) => /^PUT .*\/[12]$/.test(each)).length;
    const earlier = parts();
    await objects.commit({ files: [tar], removed: [] });
    expect((await objects.head('0.tar'))?.version).toBe(tar.content.sha256);
    // One was refused, perhaps before the other was sent; then both, once.
    expect(parts() - earlier).toBeLessThanOrEqual(4);
    expect(titles()).toHaveLength(2);
  });

  test('go to the branch that is named, which must be one', async () => {
    const [{ id } = expect.fail('no commit')] = repo.log();
    repo.branches.set('raw/v1', id);
    const objects = open(`${place}@raw%2Fv1/laion`);
    expect(objects.address('0.tar')).toBe(`${place}@raw%2Fv1/laion/0.tar`);
    await objects.put('x.json', Buffer.from('x'));
    expect(await objects.listFolder('')).toEqual({ objects: ['x.json'], folders: [] });
    expect([titles().length, repo.log('raw/v1').length]).toEqual([1, 2]);
    await expect(open(`${place}@${id}`).put('x', Buffer.from(''))).rejects.toThrow(
      /is a commit, which cannot be written to; name a branch$/,
    );
  });
});

describe('a refusal of the hub', () => {
  const commits = /POST .*\/commit\/main$/;
  const hourly =
    'You have exceeded the rate limit for repository commits (128 per hour). You can retry this action in 43 minutes.';

  test.each([
    [{ path: commits, status: 429, text: hourly }, 'quota', /run the same command again in 43 minutes/],
    [{ path: commits, status: 429, headers: { 'retry-after': '3600' } }, 'quota', /in 60 minutes/],
    [{ path: commits, status: 413 }, 'quota', /takes no more data of this size \(HTTP 413\)/],
    [{ path: commits, status: 403, text: 'Private repository storage limit reached' }, 'quota', /make room/],
    [{ path: commits, status: 403, text: HUB_TOKEN }, 'denied', /HF_TOKEN to a token that may write it$/],
    [{ path: /GET .*revision/, status: 401 }, 'credentials', /does not accept the token \(HTTP 401\)/],
    [{ path: commits, status: 400 }, 'refused', /HTTP 400/],
    [{ path: /GET/, status: 200, text: '<html>' }, 'refused', /not answer as a hub does; check HF_ENDPOINT$/],
  ] as const)('%j is %s', async (refusal, code, message) => {
    server.refusals.push(refusal);
    const error: unknown = await open()
      .put('x.json', Buffer.from('x'))
      .catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code, message: expect.stringMatching(message) });
    expect(String(error)).not.toContain('hf_');
    expect(titles()).toHaveLength(1);
  });

  test.each([
    ['hf://datasets/owner/missing/laion', /no dataset 'owner\/missing' on the hub .* hf repo create/],
    ['@v2', /dataset 'owner\/name-\d+' has no branch 'v2' \(HTTP 404\); .* hf repo branch create/],
  ])('%s', async (location, message) => {
    const objects = open(location.startsWith('@') ? place + location : location);
    await expect(objects.put('x', Buffer.from(''))).rejects.toThrow(message);
    await expect(objects.listFolder('')).rejects.toThrow(message);
    await expect(objects.head('x')).rejects.toThrow(message);
  });

  test('that may heal is asked again, and no sooner than the hub wants', async () => {
    const start = performance.now();
    server.refusals.push(
      { path: commits, status: 503 },
      { path: commits, status: 429, headers: { ratelimit: '"api";r=0;t=1' } },
      { path: /GET .*revision/, status: 500 },
    );
    await open().put('x.json', Buffer.from('x'));
    expect(titles()).toHaveLength(2);
    expect(performance.now() - start).toBeGreaterThan(990);
  });
});

test('the token is that of the variable, or else of the file that hf auth login writes', async () => {
  const folder = await useTempFolder();
  await writeFile(join(folder, 'token'), 'hf_file\n');
  const token = (env: Record<string, string>): string | null => hubAccess(env, 'read').token;
  expect(token({ HF_TOKEN: ' hf_variable ', HF_HOME: folder })).toBe('hf_variable');
  expect(token({ HF_HOME: folder })).toBe('hf_file');
  expect(token({ HF_TOKEN: '', HF_TOKEN_PATH: join(folder, 'token') })).toBe('hf_file');
  expect(token({ HF_HOME: join(folder, 'missing') })).toBeNull();
  await writeFile(join(folder, 'token'), 'a-secret');
  expect(() => token({ HF_HOME: folder })).toThrow(/token' holds no token of the hub; run hf auth login/);
});

test('commits of any hour stay below the limit, and some may follow each other at once', () => {
  const HOUR = 3_600_000;
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 900_000 }), { minLength: 1, maxLength: 400 }),
      fc.integer({ min: 1, max: 400 }),
      (pauses, perHour) => {
        const pace = new CommitPace(0, perHour);
        const made: number[] = [];
        let now = 0;
        for (const pause of pauses) {
          now += pause;
          now += pace.waitMs(now);
          expect(pace.waitMs(now)).toBeLessThanOrEqual(1e-3);
          pace.take();
          made.push(now);
        }
        for (const [first, time] of made.entries()) {
          const within = made.filter((each) => each >= time && each < time + HOUR).length;
          expect(within, `from ${first}`).toBeLessThanOrEqual(Math.max(perHour + 1, 2));
        }
      },
    ),
    { numRuns: 50 },
  );
  const pace = new CommitPace(0, 112);
  for (let i = 0; i < 28; i += 1) {
    expect(pace.waitMs(1)).toBe(0);
    pace.take();
  }
  expect(pace.waitMs(1)).toBeGreaterThan(40_000);
});
