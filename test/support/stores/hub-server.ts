import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { HubRepo, type RepoFile, sha256Of } from './hub-repo.ts';
import type { StoreServer } from './store-server.ts';

export const HUB_TOKEN = 'hf_a-secret-that-nobody-may-see';
/** Larger objects are uploaded in parts of this size. */
const PART_BYTES = 1 << 20;
/** Entries of a page of a listing. */
const PAGE = 50;
/** What the hub's default .gitattributes track as large files. */
const LARGE = /\.(tar|parquet|jpg|png|webp|mds|tfrecord|zip|gz|zst)$/;
const MOST_INLINE_BYTES = 10 << 20;

export interface HubServer extends StoreServer {
  readonly repos: ReadonlyMap<string, HubRepo>;
  /** Answers that come instead of the next ones to matching requests. */
  readonly refusals: HubRefusal[];
  /** By method and path without what follows `?`. */
  readonly asked: string[];
  /** Credentials that came with requests for signed links. */
  readonly leaked: string[];
}

export interface HubRefusal {
  readonly path: RegExp;
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly text?: string;
  /** Whether the request is carried out all the same, as if its answer had been lost. */
  readonly isDone?: boolean;
}

/**
 * The part of the Hugging Face hub that datasets need, on loopback and in memory: branches with real commits, which name
 * their parents; large files by the LFS protocol, whole or in parts, with signed links; listings in pages; ranges.
 */
export async function startHubServer(): Promise<HubServer> {
  const repos = new Map<string, HubRepo>();
  const refusals: HubRefusal[] = [];
  const asked: string[] = [];
  const leaked: string[] = [];
  const server = createServer((request, response) => {
    handle(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', `http://${request.headers.host}`);
    const body = await buffer(request);
    asked.push(`${request.method} ${url.pathname}`);
    const at = refusals.findIndex(({ path }) => path.test(`${request.method} ${url.pathname}`));
    const [refusal] = at === -1 ? [] : refusals.splice(at, 1);
    if (refusal !== undefined) {
      if (refusal.isDone) answer({ request, url, body });
      const { status, headers = {}, text = '' } = refusal;
      response.writeHead(status, headers).end(text);
      return;
    }
    const { status, headers, content } = answer({ request, url, body });
    response.writeHead(status, { 'content-length': content.length, ...headers }).end(content);
  }

  function answer({ request, url, body }: Asked): Answer {
    const { authorization } = request.headers;
    const path = url.pathname;
    const isLink = path.startsWith('/lfs/') || path.startsWith('/cdn/');
    if (isLink) {
      if (authorization !== undefined) leaked.push(authorization);
      if (url.searchParams.get('signature') !== 's3cret') return failed(403, null);
      return path.startsWith('/cdn/') ? download(request, path.slice(5)) : upload(request, url, body);
    }
    if (authorization !== `Bearer ${HUB_TOKEN}`) return failed(401, null);
    if (path === '/api/whoami-v2') return json({ type: 'user', name: 'owner' });
    const [, name = '', what = '', rest = ''] =
      /^\/(?:api\/)?datasets\/([^/]+\/[^/.]+)(?:\.git\/info\/lfs\/objects)?\/([a-z-]+)(?:\/(.*))?$/.exec(
        path,
      ) ?? [];
    const repo = repos.get(name);
    if (repo === undefined) return failed(404, 'RepoNotFound');
    if (what === 'batch') return batch(repo, url, JSON.parse(String(body)) as LfsBatch);
    const [revision = '', ...below] = rest.split('/');
    const inside = below.map(decodeURIComponent).join('/');
    const commit = repo.find(decodeURIComponent(revision));
    if (commit === undefined) return failed(404, 'RevisionNotFound');
    switch (what) {
      case 'revision':
        return json({ _id: '1', id: name, sha: commit.id, private: true });
      case 'paths-info': {
        const { paths } = JSON.parse(String(body)) as { paths: string[] };
        return json(paths.flatMap((each) => repo.entry(commit, each) ?? []));
      }
      case 'tree':
        return tree(repo, url, revision, inside);
      case 'preupload': {
        const { files } = JSON.parse(String(body)) as { files: { path: string; size: number }[] };
        const modeOf = (file: { path: string; size: number }) =>
          LARGE.test(file.path) || file.size > MOST_INLINE_BYTES ? 'lfs' : 'regular';
        return json({ files: files.map((file) => ({ path: file.path, uploadMode: modeOf(file) })) });
      }
      case 'commit': {
        const lines = String(body)
          .split('\n')
          .map((line) => JSON.parse(line) as { key: string; value: Record<string, string> });
        const made = repo.commit(decodeURIComponent(revision), lines);
        if ('status' in made) return failed(made.status, null, made.text);
        return json({ success: true, commitOid: made.id, commitUrl: `${url.origin}/commit/${made.id}` });
      }
      case 'resolve': {
        const file = commit.files.get(inside);
        return file === undefined ? failed(404, 'EntryNotFound') : resolve(request, url, commit.id, file);
      }
    }
    return failed(404, null);
  }

  function tree(repo: HubRepo, url: URL, revision: string, folder: string): Answer {
    const commit = repo.find(decodeURIComponent(revision));
    const found = commit && repo.list(commit, folder, url.searchParams.get('recursive') === 'true');
    if (!found) return failed(404, 'EntryNotFound');
    const from = Number(url.searchParams.get('cursor') ?? 0);
    const next = new URL(url);
    next.searchParams.set('cursor', String(from + PAGE));
    const link = from + PAGE < found.length ? { link: `<${next.href}>; rel="next"` } : {};
    return json(found.slice(from, from + PAGE), link);
  }

  function batch(repo: HubRepo, url: URL, { objects }: LfsBatch): Answer {
    const name = [...repos].find(([, each]) => each === repo)?.[0];
    const answers = objects.map(({ oid, size }) => {
      if (repo.objects.has(oid)) return { oid, size };
      const href = `${linkOrigin(url)}/lfs/${name}/${oid}`;
      if (size <= PART_BYTES) return { oid, size, actions: { upload: { href: `${href}?signature=s3cret` } } };
      const parts = Array.from({ length: Math.ceil(size / PART_BYTES) }, (_, i) => [
        String(i + 1).padStart(5, '0'),
        `${href}/${i + 1}?signature=s3cret`,
      ]);
      const header = { chunk_size: String(PART_BYTES), ...Object.fromEntries(parts) };
      return { oid, size, actions: { upload: { href: `${href}/complete?signature=s3cret`, header } } };
    });
    return json({ transfer: 'multipart', objects: answers });
  }

  function upload({ method }: IncomingMessage, url: URL, body: Buffer): Answer {
    const [, , owner, dataset, oid = '', part] = url.pathname.split('/');
    const repo = repos.get(`${owner}/${dataset}`);
    if (repo === undefined) return failed(404, null);
    const parts = repo.parts.get(oid) ?? new Map<number, Buffer>();
    if (method === 'PUT' && part !== undefined) {
      repo.parts.set(oid, parts.set(Number(part), body));
      return { status: 200, headers: { etag: `"${sha256Of(body)}"` }, content: Buffer.alloc(0) };
    }
    let content = body;
    if (part === 'complete') {
      const named = (JSON.parse(String(body)) as { parts: { etag: string; partNumber: number }[] }).parts;
      const bodies = named.map(({ partNumber }) => parts.get(partNumber) ?? Buffer.alloc(0));
      if (named.some(({ etag }, i) => etag !== `"${sha256Of(bodies[i] ?? Buffer.alloc(0))}"`)) {
        return failed(400, null);
      }
      content = Buffer.concat(bodies);
    }
    if (sha256Of(content) !== oid) return failed(400, null);
    repo.objects.set(oid, content);
    repo.parts.delete(oid);
    return { status: 200, headers: {}, content: Buffer.alloc(0) };
  }

  function resolve(request: IncomingMessage, url: URL, commit: string, file: RepoFile): Answer {
    const headers = { 'x-repo-commit': commit, etag: `"${file.oid}"` };
    if (!file.isLarge) return ranged(request, file.content, headers);
    const owner = [...repos].find(([, repo]) => repo.objects.get(file.oid) === file.content)?.[0];
    const location = `${linkOrigin(url)}/cdn/${owner}/${file.oid}?signature=s3cret`;
    return {
      status: 302,
      headers: { ...headers, etag: '"of-the-link"', 'x-linked-etag': `"${file.oid}"`, location },
      content: Buffer.alloc(0),
    };
  }

  function download(request: IncomingMessage, path: string): Answer {
    const [owner, dataset, oid = ''] = path.split('/');
    const content = repos.get(`${owner}/${dataset}`)?.objects.get(oid);
    return content === undefined ? failed(404, null) : ranged(request, content, { etag: '"cdn"' });
  }

  let datasets = 0;
  return {
    endpoint,
    env: {
      HF_ENDPOINT: endpoint,
      HF_TOKEN: HUB_TOKEN,
      HF_TOKEN_PATH: '/dev/null',
      HF_COMMITS_PER_HOUR: '1000000',
    },
    repos,
    refusals,
    asked,
    leaked,
    newBucket: async () => {
      datasets += 1;
      repos.set(`owner/name-${datasets}`, new HubRepo());
      return `datasets/owner/name-${datasets}`;
    },
    stop: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}

interface Asked {
  readonly request: IncomingMessage;
  readonly url: URL;
  readonly body: Buffer;
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly content: Buffer;
}

interface LfsBatch {
  readonly objects: readonly { readonly oid: string; readonly size: number }[];
}

/** Links are of another origin than the hub, and go through the same proxy. */
const linkOrigin = ({ origin }: URL): string => origin.replace('127.0.0.1', 'localhost');

function json(value: unknown, headers: Readonly<Record<string, string>> = {}): Answer {
  const content = Buffer.from(JSON.stringify(value));
  return { status: 200, headers: { 'content-type': 'application/json', ...headers }, content };
}

function failed(status: number, word: string | null, text = 'no'): Answer {
  const content = Buffer.from(JSON.stringify({ error: text }));
  return { status, headers: word === null ? {} : { 'x-error-code': word }, content };
}

function ranged(
  { headers: { range } }: IncomingMessage,
  content: Buffer,
  headers: Readonly<Record<string, string>>,
): Answer {
  const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(range ?? '') ?? [];
  if (from === undefined) return { status: 200, headers, content };
  const start = Number(from);
  const end = Math.min(content.length, to ? Number(to) + 1 : content.length);
  if (start >= content.length) return failed(416, null);
  const contentRange = `bytes ${start}-${end - 1}/${content.length}`;
  return {
    status: 206,
    headers: { ...headers, 'content-range': contentRange },
    content: content.subarray(start, end),
  };
}
