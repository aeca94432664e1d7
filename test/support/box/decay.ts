import { hash32, hashFraction } from '../bytes/hash.ts';
import type { Answer, Body, BoxRequest, DnsAnswer, HostScript } from './answers.ts';

/**
 * How links of a ten-year-old index fail, per thousand rows: the mix of a LAION-400M shard in February
 * 2023 (https://github.com/rom1504/img2dataset/issues/277), without its share of TLS failures.
 */
const MIX: readonly (readonly [parts: number, answer: Answer])[] = [
  [60.8, { status: 404, body: { text: '<!doctype html><title>Not found</title>' } }],
  [14.1, { status: 403, body: { text: '<!doctype html><title>Forbidden</title>' } }],
  // Long enough to hold a connection for a while, short enough for a test run.
  [29, { delayMs: 3000, reset: 'before-headers' }],
  [8.3, { body: { text: '<!doctype html><title>This image has moved</title>' } }],
  [4.5, { status: 500 }],
  [4, { status: 410 }],
  [
    3,
    {
      headers: [['X-Robots-Tag', 'noai, noimageai']],
      body: { image: { width: 300, height: 200, seed: 1 } },
    },
  ],
  [2.3, { reset: 'before-headers' }],
];
const DEAD_NAME_PARTS = 13.9;
const ALL_PARTS = MIX.reduce((sum, [parts]) => sum + parts, DEAD_NAME_PARTS);

/**
 * A host for any name. A share (0 to 1) of its URLs fails, always the same ones in the same way. Every other URL always
 * serves the same image. A dead name fails with all its URLs, so in small indexes the share is not exact.
 */
export function decay(share: number, images: readonly Body[]): HostScript {
  const alive = images.map((body): Answer => ({ body }));
  const deadNames = (share * DEAD_NAME_PARTS) / ALL_PARTS;
  const dns = (name: string): DnsAnswer =>
    hashFraction(`name ${name}`) < deadNames ? { rcode: 'NXDOMAIN' } : {};
  const reply = (request: BoxRequest): Answer => {
    const url = `${request.scheme}://${request.host}${request.path}`;
    let point = (hashFraction(url) * ALL_PARTS) / share;
    for (const [parts, answer] of MIX) {
      if (point < parts) return answer;
      point -= parts;
    }
    return alive[hash32(`picture ${url}`) % alive.length] ?? {};
  };
  return { dns, paths: { '*': reply } };
}
