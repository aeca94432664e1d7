import type { Answer, BoxRequest, Reply, WebScript } from './answers.ts';

/** Hosts whose owners allow everything, until they change their minds in their own ways. */
export interface ChangingOwners {
  readonly script: WebScript;
  /** What was requested: `HEAD a.example/1`. */
  readonly requests: string[];
  /** From now on the owners say no. */
  change(): void;
  /** `host/path` of rows of which none is refused in the same way, and what then refuses them; null for nothing. */
  readonly rows: readonly (readonly [host: string, path: string, mechanism: string | null])[];
}

const NOTHING: Answer = { status: 404 };
const text = (body: string): Answer => ({ body: { text: body } });

export function changingOwners(): ChangingOwners {
  let isChanged = false;
  const requests: string[] = [];
  const photo = (path: string): Answer => ({
    body: { image: { width: 24, height: 16, seed: Number(/\d+/.exec(path)?.[0] ?? 0) } },
  });
  const now =
    (before: Answer, after: (request: BoxRequest) => Answer): Reply =>
    (request) => {
      requests.push(`${request.method} ${request.host}${request.path}`);
      return isChanged ? after(request) : before;
    };
  const image =
    (after: (request: BoxRequest) => Answer): Reply =>
    (request) => {
      const reply = now(photo(request.path), after);
      return typeof reply === 'function' ? reply(request) : NOTHING;
    };
  const same = image(({ path }) => photo(path));
  const quiet = { '/robots.txt': NOTHING, '/.well-known/tdmrep.json': NOTHING };
  const script: WebScript = {
    hosts: {
      'robots.example': {
        paths: {
          ...quiet,
          '/robots.txt': now(NOTHING, () => text('User-agent: *\nDisallow: /no/\n')),
          '*': same,
        },
      },
      'header.example': {
        paths: {
          ...quiet,
          '*': image(({ path, method }) => {
            // Some servers do not know HEAD.
            if (method === 'HEAD' && path.startsWith('/get/')) return { status: 405 };
            const isRefused = path.includes('no');
            return isRefused ? { ...photo(path), headers: [['X-Robots-Tag', 'noai']] } : photo(path);
          }),
        },
      },
      'tdm.example': {
        paths: {
          ...quiet,
          '/.well-known/tdmrep.json': now(NOTHING, () => text('[{"location":"/no/","tdm-reservation":1}]')),
          '*': same,
        },
      },
      'gone.example': {
        paths: {
          ...quiet,
          '*': image(() => ({ status: 404, headers: [['X-Robots-Tag', 'noindex']] })),
        },
      },
      'down.example': {
        paths: { ...quiet, '/robots.txt': now(NOTHING, () => ({ status: 503 })), '*': same },
      },
    },
  };
  return {
    script,
    requests,
    change: () => {
      isChanged = true;
      requests.length = 0;
    },
    rows: [
      ['robots.example', '/yes/0', null],
      ['robots.example', '/no/1', 'robots.txt'],
      ['header.example', '/2-no', 'x-robots-tag'],
      ['header.example', '/3', null],
      ['tdm.example', '/no/4', 'tdmrep.json'],
      ['gone.example', '/5', null],
      ['header.example', '/get/6', null],
      ['header.example', '/get/7-no', 'x-robots-tag'],
      ['down.example', '/8', null],
      ['tdm.example', '/yes/9', null],
      ['robots.example', '/no/10', 'robots.txt'],
      ['robots.example', '/yes/11', null],
    ],
  };
}
