import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { expect, onTestFinished, test } from 'vitest';
import { FIXTURE_WEB, readScript } from '../support/box/read-script.ts';
import { useBox } from '../support/box/use-box.ts';
import { INDEX_ROWS } from '../support/fixture-index/index-rows.ts';
import { FIXTURE_INDEX, materialiseIndex } from '../support/fixture-index/materialise-index.ts';
import { PLACEHOLDER_PORTS, withPorts } from '../support/servers/ports.ts';
import { useTempFolder } from '../support/temp-folder.ts';
import { useClient } from './client.ts';

const TYPES = {
  URL: 'VARCHAR',
  TEXT: 'VARCHAR',
  WIDTH: 'INTEGER',
  HEIGHT: 'INTEGER',
  similarity: 'DOUBLE',
  punsafe: 'DOUBLE',
  hash: 'BIGINT',
  LICENSE: 'VARCHAR',
};

async function query(sql: string): Promise<Record<string, unknown>[]> {
  const instance = await DuckDBInstance.create();
  onTestFinished(() => instance.closeSync());
  const connection = await instance.connect();
  return (await connection.runAndReadAll(sql)).getRowObjects();
}

/** URLs of the index that name a page of the box. */
const PAGES = INDEX_ROWS.flatMap(({ url }) => {
  if (url === null || !URL.canParse(url)) return [];
  const { protocol, hostname, pathname, search } = new URL(url);
  return protocol.startsWith('http') && hostname !== '10.0.0.7'
    ? [{ url, hostname, path: pathname + search }]
    : [];
});

test('index.parquet has the rows of INDEX_ROWS in their order', async () => {
  const rows = await query(`SELECT URL, TEXT, WIDTH, HEIGHT FROM '${FIXTURE_INDEX}'`);
  expect(rows).toEqual(
    INDEX_ROWS.map(({ url, text, width, height }) => ({
      URL: url,
      TEXT: text,
      WIDTH: width,
      HEIGHT: height,
    })),
  );
});

test('index.parquet has the columns of a LAION index, with hashes beyond 2^53', async () => {
  const columns = await query(`DESCRIBE SELECT * FROM '${FIXTURE_INDEX}'`);
  expect(Object.fromEntries(columns.map((column) => [column['column_name'], column['column_type']]))).toEqual(
    TYPES,
  );
  const [{ large } = {}] = await query(
    `SELECT count(*) AS large FROM '${FIXTURE_INDEX}' WHERE abs(hash) > 2**53`,
  );
  expect(Number(large)).toBeGreaterThan(INDEX_ROWS.length / 2);
});

test('materialiseIndex() changes the ports of the URLs and nothing else', async () => {
  const ports = { http: 1234, https: 5678 };
  const target = join(await useTempFolder(), "it's an index.parquet");
  await materialiseIndex(ports, target);
  const [before, after] = [
    await query(`SELECT * FROM '${FIXTURE_INDEX}'`),
    await query(`SELECT * FROM '${target.replaceAll("'", "''")}'`),
  ];
  const url = (text: unknown) => (typeof text === 'string' ? withPorts(text, ports) : text);
  expect(after).toEqual(before.map((row) => ({ ...row, URL: url(row['URL']) })));
  expect(JSON.stringify(after.map((row) => row['URL']))).not.toContain(String(PLACEHOLDER_PORTS.http));
});

test('web.json scripts every page of the index', async () => {
  const { hosts } = await readScript(FIXTURE_WEB);
  const unscripted = PAGES.filter(({ hostname, path }) => {
    const host = hosts[hostname];
    return host === undefined || (host.paths !== undefined && !(path in host.paths));
  });
  expect(unscripted).toEqual([]);
});

/** Of JPEG, PNG, WebP and GIF. */
const SIGNATURES = ['ffd8ff', '89504e47', '57454250', '47494638'].map((hex) => Buffer.from(hex, 'hex'));

/** First answers that are not an intact image: a status, or the code or name of undici's error. */
const TROUBLE: Readonly<Record<string, number | string>> = {
  'blog.test/2014/missing.jpg': 404,
  'blog.test/2013/removed.jpg': 410,
  'blog.test/members/party.jpg': 403,
  'busy.example/limited.jpg': 429,
  'busy.example/recovering.jpg': 500,
  'busy.example/overloaded.jpg': 503,
  'moved.example/old.jpg': 301,
  'moved.example/loop.jpg': 302,
  'moved.example/nowhere.jpg': 302,
  'moved.example/printer.jpg': 302,
  'moved.example/metadata.jpg': 302,
  'broken.example/reset.jpg': 'ECONNRESET',
  'broken.example/cut.jpg': 'ECONNRESET',
  'broken.example/truncated.jpg': 'UND_ERR_SOCKET',
  'broken.example/babble.jpg': 'HTTPParserError',
  'broken.example/flood.jpg': 'UND_ERR_HEADERS_OVERFLOW',
  'broken.example/page.jpg': 200,
  'broken.example/drawing.jpg': 200,
  'broken.example/empty.jpg': 200,
  'broken.example/bomb.jpg': 200,
  'zipped.example/photo.png': 200,
  'hangup.test/photo.jpg': 'ECONNRESET',
  'expired.test/photo.jpg': 'CERT_HAS_EXPIRED',
};
/** These answers do not end within a test. */
const ENDLESS = ['slow.example/hang.jpg', 'slow.example/drip.jpg', 'broken.example/endless.jpg'];
/** These names lead to no page; the client of this test would not ask the name server. */
const NOWHERE = ['vanished.example', 'unlucky.test', 'mute.test', 'closed.example', 'intranet.test'];

test('web.json answers every other page of the index with an image', async () => {
  const box = await useBox(await readScript(FIXTURE_WEB));
  const client = useClient(box);
  const ask = async (url: string): Promise<number | string> => {
    try {
      const { status, headers, body } = await client.get(withPorts(url, box.ports));
      const isImage = status === 200 && String(headers['content-type']).startsWith('image/');
      return isImage && SIGNATURES.some((signature) => body.subarray(0, 16).includes(signature))
        ? 'image'
        : status;
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
    }
  };
  const asked = new Map<string, string>();
  for (const { url, hostname, path } of PAGES) {
    if (!ENDLESS.includes(hostname + path) && !NOWHERE.includes(hostname)) asked.set(hostname + path, url);
  }
  const outcomes = await Promise.all([...asked].map(async ([page, url]) => [page, await ask(url)] as const));
  expect(Object.fromEntries(outcomes)).toEqual(
    Object.fromEntries([...asked.keys()].map((page) => [page, TROUBLE[page] ?? 'image'])),
  );
  expect([...asked.keys()]).toEqual(expect.arrayContaining(Object.keys(TROUBLE)));
});
