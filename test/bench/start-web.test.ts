import { Resolver } from 'node:dns/promises';
import { copyFile, mkdir, readFile } from 'node:fs/promises';
import { get, type IncomingMessage } from 'node:http';
import { get as getTls } from 'node:https';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DuckDBInstance } from '@duckdb/node-api';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Fate } from '../../bench/web/model/distributions.ts';
import { planWeb } from '../../bench/web/model/plan-web.ts';
import { startWeb, type Web } from '../../bench/web/server/start-web.ts';
import { useTempFolder } from '../support/temp-folder.ts';

const SIZE = { rows: 3_000, seed: 1, profile: 'dead-links', drip: true } as const;
const PLAN = planWeb(SIZE);
const IMAGE = fileURLToPath(new URL('../../fixtures/images/tiny.jpg', import.meta.url));

async function useWeb(perfect: boolean): Promise<Web> {
  const folder = await useTempFolder();
  const images = join(folder, 'images');
  await mkdir(images);
  await copyFile(IMAGE, join(images, '0.jpeg'));
  const web = await startWeb({ ...SIZE, perfect, images, folder });
  return web;
}

async function readUrls(index: string): Promise<string[]> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await instance.connect();
  onTestFinished(() => {
    connection.closeSync();
    instance.closeSync();
  });
  const reader = await connection.runAndReadAll(`SELECT "URL" FROM read_parquet('${index}')`);
  return reader.getColumns()[0]?.map(String) ?? [];
}

/** Status and body, by the name that the URL has but at the loopback address. */
async function request(url: string, web: Web): Promise<{ response: IncomingMessage; body: Buffer }> {
  const { protocol, hostname, port, host, pathname } = new URL(url);
  const options = { host: '127.0.0.1', port, path: pathname, headers: { host }, agent: false };
  const ca = await readFile(web.ca, 'utf8');
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const sent =
      protocol === 'https:'
        ? getTls({ ...options, ca, servername: hostname }, resolve)
        : get(options, resolve);
    sent.once('error', reject);
  });
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk);
  return { response, body: Buffer.concat(chunks) };
}

/** The first row of that fate, on a host that is neither slow nor down. */
function rowOf(fate: Fate): number {
  return PLAN.fateOf.findIndex((found, row) => {
    const host = PLAN.hosts[PLAN.hostOf[row] ?? 0];
    return found === fate && host?.outage === false && host.requestsPerSecond === null;
  });
}

const nameOf = (fate: Fate): string => PLAN.hosts[PLAN.hostOf[rowOf(fate)] ?? 0]?.name ?? '';

describe('the simulated web', () => {
  it('answers as planned and tells what it saw', async () => {
    const web = await useWeb(false);
    const urls = await readUrls(web.index);
    const answerTo = (fate: Fate) => request(urls[rowOf(fate)] ?? '', web);
    const resolver = new Resolver();
    resolver.setServers([`127.0.0.1:${web.dnsPort}`]);

    expect(urls).toHaveLength(web.rows);
    expect(await resolver.resolve4(nameOf('image'))).toEqual(['127.0.0.1']);
    await expect(resolver.resolve4(nameOf('nxdomain'))).rejects.toMatchObject({ code: 'ENOTFOUND' });
    await expect(resolver.resolve4(nameOf('servfail'))).rejects.toMatchObject({ code: 'ESERVFAIL' });
    expect((await answerTo('image')).body).toEqual(await readFile(IMAGE));
    expect((await answerTo('not_found')).response.statusCode).toBe(404);
    expect((await answerTo('opt_out')).response.headers['x-robots-tag']).toContain('noai');
    await expect(answerTo('reset')).rejects.toMatchObject({ code: 'ECONNRESET' });
    await expect(answerTo('tls_expired')).rejects.toMatchObject({ code: 'CERT_HAS_EXPIRED' });
    await expect(answerTo('tls_wrong_host')).rejects.toMatchObject({ code: 'ERR_TLS_CERT_ALTNAME_INVALID' });
    await expect(answerTo('refused')).rejects.toMatchObject({ code: 'ECONNREFUSED' });

    const stats = await web.stop();
    expect(stats).toMatchObject({ requests: 4, mostRequestsOfUrl: 1, peakConnections: 1 });
    expect(stats.imagesBySecond.reduce((sum, count) => sum + count, 0)).toBe(1);
  });

  it('throttles its throttling hosts, with the seconds to wait', async () => {
    const web = await useWeb(false);
    const urls = await readUrls(web.index);
    const isThrottled = (row: number) => PLAN.hosts[PLAN.hostOf[row] ?? 0]?.requestsPerSecond !== null;
    const url = urls.find((_, row) => isThrottled(row)) ?? '';
    const answers = await Promise.all(Array.from({ length: 8 }, () => request(url, web)));
    const refused = answers.filter(({ response }) => response.statusCode === 429);
    expect(refused.length).toBeGreaterThanOrEqual(4);
    expect(Number(refused[0]?.response.headers['retry-after'])).toBeGreaterThanOrEqual(1);
    const stats = await web.stop();
    expect(stats.throttling).toEqual({ answers: 8, tooMany: refused.length });
    expect(stats.mostRequestsOfUrl).toBe(8);
  });

  it('is perfect on request', async () => {
    const web = await useWeb(true);
    const urls = await readUrls(web.index);
    expect(urls).toHaveLength(PLAN.fateOf.filter((fate) => fate === 'image').length);
    const answers = await Promise.all(urls.slice(0, 50).map((url) => request(url, web)));
    expect(answers.every(({ response }) => response.statusCode === 200)).toBe(true);
    expect((await web.stop()).throttling.tooMany).toBe(0);
  });
});
