/** Serves images if nginx is missing. Its only argument is a `ServerFiles` as JSON. SIGTERM ends it. */
import { appendFileSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { extname, join, normalize } from 'node:path';
import type { ServerFiles } from './file-server.ts';

const { address, http, https, root, cert, key, log }: ServerFiles = JSON.parse(process.argv[2] ?? '');
const TYPES: Readonly<Record<string, string>> = {
  '.jpg': 'image/jpeg',
  '.png': 'image/png',
  '.webp': 'image/webp',
};
const kept = new Map<string, Promise<Buffer>>();
const OPTIONS = { keepAliveTimeout: 60_000, noDelay: true };

const answer: RequestListener = async ({ url = '' }, response) => {
  const path = normalize(url.split('?', 1)[0] ?? '');
  const body = kept.get(path) ?? readFile(join(root, path));
  kept.set(path, body);
  try {
    const bytes = await body;
    response.writeHead(200, { 'content-type': TYPES[extname(path)], 'content-length': bytes.length });
    response.end(bytes, () => appendFileSync(log, `${Date.now() / 1000}\n`));
  } catch {
    response.writeHead(404).end();
  }
};

createServer(OPTIONS, answer).listen(http, address);
createTlsServer({ ...OPTIONS, cert: readFileSync(cert), key: readFileSync(key) }, answer).listen(
  https,
  address,
);
process.once('SIGTERM', () => process.exit());
