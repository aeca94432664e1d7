import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

/** The commit of the hub's one dataset. */
const COMMIT = 'c0ffee'.padEnd(40, '0');
export const TOKEN = 'hf_secret-token';
const SIGNATURE = 'X-Amz-Signature=s3cret';
/** Entries of a page of the hub's listing. */
const PAGE = 2;

/** One request for bytes. */
export interface BytesAsked {
  readonly path: string;
  readonly range: string | null;
  /** Bytes that were sent. */
  readonly bytes: number;
}

export interface ServerSettings {
  /** How a web server without ranges, ETags or lengths answers. */
  ranges?: boolean;
  etags?: boolean;
  lengths?: boolean;
  /** Whether `if-match` is heeded. */
  conditions?: boolean;
  /** Answers this status for bytes. */
  status?: number | null;
  /** Cuts the next answers after so many bytes. */
  cuts?: number[];
  /** Whether the hub's dataset wants `TOKEN`. */
  isPrivate?: boolean;
  /** Answers no request for bytes. */
  isStuck?: boolean;
}

export interface ObjectServer {
  /** By path, `laion/part-0.parquet`; may be changed. */
  readonly files: Map<string, Buffer>;
  readonly settings: ServerSettings;
  readonly asked: BytesAsked[];
  /** What was sent as credentials to another origin than the hub's. */
  readonly leaked: string[];
  /** Requests that were left without an answer. */
  waiting(): number;
  /** `http://127.0.0.1:port` */
  readonly web: string;
  /** Variables with which the hub and S3 are this server. */
  readonly env: Readonly<Record<string, string>>;
}

/**
 * A web server, the Hugging Face hub with the dataset `owner/name`, and S3 with the bucket `bucket`, on loopback, all with
 * the same files. Stops when the test ends. The hub redirects to links with a signature on another origin.
 */
export async function useObjectServer(files: Readonly<Record<string, Buffer>>): Promise<ObjectServer> {
  const found = new Map(Object.entries(files));
  const settings: ServerSettings = {};
  const asked: BytesAsked[] = [];
  const leaked: string[] = [];
  let waiting = 0;
  const main = createServer((request, response) => answer(request, response));
  const cdn = createServer((request, response) => {
    const { authorization } = request.headers;
    if (authorization !== undefined) leaked.push(authorization);
    const isSigned = request.url?.endsWith(SIGNATURE) === true;
    if (isSigned) sendFile(request, response, pathOf(request));
    else response.writeHead(403).end();
  });
  const [port, cdnPort] = [await listen(main), await listen(cdn)];

  function answer(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '/', 'http://x');
    const path = decodeURIComponent(url.pathname);
    if (path.startsWith('/api/datasets/') || path.startsWith('/datasets/')) {
      hub(request, response, url);
      return;
    }
    if (path === '/bucket' || path === '/bucket/') {
      listBucket(response, url);
      return;
    }
    if (path.startsWith('/bucket/')) {
      sendFile(request, response, path.slice('/bucket/'.length));
      return;
    }
    if (path.startsWith('/nobucket')) {
      xml(response, 404, '<Error><Code>NoSuchBucket</Code></Error>');
      return;
    }
    sendFile(request, response, path.slice(1));
  }

  function sendFile(request: IncomingMessage, response: ServerResponse, path: string): void {
    const {
      ranges = true,
      etags = true,
      lengths = true,
      conditions = true,
      status = null,
      cuts = [],
    } = settings;
    if (settings.isStuck) {
      waiting += 1;
      return;
    }
    const file = found.get(path);
    if (file === undefined || status !== null) {
      response.writeHead(status ?? 404).end();
      return;
    }
    const etag = `"${md5(file)}"`;
    const condition = request.headers['if-match'];
    if (etags && conditions && condition !== undefined && condition !== etag) {
      response.writeHead(412).end();
      return;
    }
    const range = /^bytes=(\d+)-(\d*)$/.exec(ranges ? (request.headers.range ?? '') : '');
    const start = Number(range?.[1] ?? 0);
    const end = Math.min(file.length, range?.[2] ? Number(range[2]) + 1 : file.length);
    if (range !== null && start >= file.length) {
      response.writeHead(416, { 'content-range': `bytes */${file.length}` }).end();
      return;
    }
    const body = file.subarray(start, end);
    const headers = {
      ...(etags && { etag }),
      ...(lengths && { 'content-length': body.length }),
      ...(range && { 'content-range': `bytes ${start}-${end - 1}/${file.length}` }),
    };
    response.writeHead(range === null ? 200 : 206, headers);
    if (request.method === 'HEAD') {
      response.end();
      return;
    }
    const cut = body.length > 1 ? cuts.shift() : undefined;
    asked.push({
      path,
      range: request.headers.range ?? null,
      bytes: Math.min(body.length, cut ?? body.length),
    });
    if (cut === undefined || cut >= body.length) response.end(body);
    else response.write(body.subarray(0, cut), () => response.destroy());
  }

  function hub(request: IncomingMessage, response: ServerResponse, url: URL): void {
    if (settings.isPrivate && request.headers.authorization !== `Bearer ${TOKEN}`) {
      response.writeHead(401, { 'content-type': 'application/json' }).end('{"error":"Invalid token"}');
      return;
    }
    const path = decodeURIComponent(url.pathname);
    const revision = /^\/api\/datasets\/owner\/name\/revision\/(?:HEAD|v1|refs\/convert\/parquet)$/;
    const tree = new RegExp(`^/api/datasets/owner/name/tree/${COMMIT}(?:/(.*))?$`).exec(path);
    const resolve = new RegExp(`^/datasets/owner/name/resolve/${COMMIT}/(.*)$`).exec(path);
    if (revision.test(path)) {
      json(response, { _id: '1', id: 'owner/name', sha: COMMIT });
      return;
    }
    if (tree !== null) {
      listTree(response, url, tree[1] ?? '');
      return;
    }
    if (path === `/api/datasets/owner/name/paths-info/${COMMIT}`) {
      let text = '';
      request.on('data', (chunk) => {
        text += chunk;
      });
      request.on('end', () => {
        const { paths } = JSON.parse(text) as { paths: string[] };
        json(response, paths.filter((each) => found.has(each)).map(toEntry));
      });
      return;
    }
    if (resolve !== null && found.has(resolve[1] ?? '')) {
      const location = `http://127.0.0.1:${cdnPort}/${encodeURI(resolve[1] ?? '')}?${SIGNATURE}`;
      response.writeHead(302, { location }).end();
      return;
    }
    response.writeHead(404, { 'content-type': 'application/json' }).end('{"error":"not found"}');
  }

  function listTree(response: ServerResponse, url: URL, folder: string): void {
    const inside = [...found.keys()].filter((path) => folder === '' || path.startsWith(`${folder}/`)).sort();
    if (inside.length === 0) {
      response.writeHead(404).end();
      return;
    }
    const from = Number(url.searchParams.get('cursor') ?? 0);
    if (from + PAGE < inside.length) {
      url.searchParams.set('cursor', String(from + PAGE));
      response.setHeader('link', `<http://127.0.0.1:${port}${url.pathname}${url.search}>; rel="next"`);
    }
    json(response, inside.slice(from, from + PAGE).map(toEntry));
  }

  /** Files are of Git LFS, with a digest of their own. */
  function toEntry(path: string) {
    const file = found.get(path) ?? Buffer.alloc(0);
    const lfs = { oid: createHash('sha256').update(file).digest('hex'), size: file.length, pointerSize: 130 };
    return { type: 'file', path, oid: md5(Buffer.from(path)), size: file.length, lfs };
  }

  function listBucket(response: ServerResponse, url: URL): void {
    const prefix = url.searchParams.get('prefix') ?? '';
    const entries = [...found]
      .filter(([path]) => path.startsWith(prefix))
      .sort(([a], [b]) => (a < b ? -1 : 1));
    const contents = entries.map(
      ([path, file]) =>
        `<Contents><Key>${path}</Key><Size>${file.length}</Size><ETag>&quot;${md5(file)}&quot;</ETag></Contents>`,
    );
    xml(
      response,
      200,
      `<ListBucketResult><IsTruncated>false</IsTruncated>${contents.join('')}</ListBucketResult>`,
    );
  }

  const endpoint = `http://127.0.0.1:${port}`;
  return {
    files: found,
    settings,
    asked,
    leaked,
    waiting: () => waiting,
    web: endpoint,
    env: {
      HF_ENDPOINT: endpoint,
      HF_TOKEN_PATH: '/dev/null',
      AWS_ENDPOINT_URL: endpoint,
      AWS_ACCESS_KEY_ID: 'key',
      AWS_SECRET_ACCESS_KEY: 'secret-key',
      AWS_REGION: 'us-east-1',
    },
  };
}

const md5 = (bytes: Buffer): string => createHash('md5').update(bytes).digest('hex');

const pathOf = ({ url = '/' }: IncomingMessage): string =>
  decodeURIComponent(new URL(url, 'http://x').pathname.slice(1));

function json(response: ServerResponse, value: unknown): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}

function xml(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'application/xml' }).end(`<?xml version="1.0"?>${text}`);
}

async function listen(server: ReturnType<typeof createServer>): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return (server.address() as AddressInfo).port;
}
