import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { createSecureContext, type SecureContext, TLSSocket } from 'node:tls';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import type { FailureCode } from '../../../src/core/failures.ts';
import { makeCertificates } from '../../support/servers/certificates.ts';

/** One way in which a server may try to hold, fill or break its client. */
export interface Attack {
  readonly name: string;
  /** The outcome of a row that meets it. */
  readonly code: FailureCode | 'ok';
  readonly scheme: 'http' | 'https';
  /** Handles each connection. */
  readonly meet: (socket: Socket, tls: SecureContext) => void;
}

export interface AttackServer {
  url(attack: Attack): string;
  /** Names of the attacks to which the client still holds connections. */
  readonly open: () => string[];
  close(): Promise<void>;
}

/** Listens on a separate address and port for every attack, so that each is another host. */
export async function startAttackServer(attacks: readonly Attack[]): Promise<AttackServer> {
  const tls = createSecureContext((await makeCertificates([], [])).trusted);
  const sockets = new Map<Socket, Attack>();
  const listeners = new Map<Attack, { readonly server: Server; readonly authority: string }>();
  for (const [position, attack] of attacks.entries()) {
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      sockets.set(socket, attack);
      socket.once('close', () => sockets.delete(socket));
      // The client hangs up, as it should.
      socket.on('error', () => {});
      socket.resume();
      socket.once('end', () => probe(socket));
      attack.meet(socket, tls);
    });
    const address = `127.0.1.${position + 1}`;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(0, address, resolve);
    });
    const { port } = server.address() as AddressInfo;
    listeners.set(attack, { server, authority: `${address}:${port}` });
  }
  return {
    url: (attack) => `${attack.scheme}://${listeners.get(attack)?.authority}/x.jpg`,
    open: () => [...sockets.values()].map(({ name }) => name),
    close: async () => {
      for (const socket of sockets.keys()) socket.destroy();
      await Promise.all(
        [...listeners.values()].map(({ server }) => new Promise((resolve) => server.close(resolve))),
      );
    },
  };
}

/** The client has closed its side. Only a reset in return shows that it no longer holds the other side. */
function probe(socket: Socket): void {
  const timer = setInterval(() => socket.write('?'), EVERY_MS);
  socket.once('close', () => clearInterval(timer));
}

type Meet = Attack['meet'];

const EVERY_MS = 20;
const PIECE = 64 * 1024;
/** Larger than the bodies that the tests accept. */
const BOMB = Buffer.alloc(8 * 2 ** 20);

const http = (name: string, code: FailureCode | 'ok', meet: Meet): Attack => ({
  name,
  code,
  scheme: 'http',
  meet,
});
const https = (name: string, code: FailureCode | 'ok', meet: Meet): Attack => ({
  name,
  code,
  scheme: 'https',
  meet,
});

/** Runs for each request, once the request is complete. */
const onRequest =
  (answer: (socket: Socket) => void): Meet =>
  (socket) => {
    let read = '';
    socket.on('data', (bytes) => {
      read += bytes.toString('latin1');
      if (!read.includes('\r\n\r\n')) return;
      read = '';
      answer(socket);
    });
  };

/** Sends the bytes in answer to each request, and stays. */
const says = (...text: readonly (string | Buffer)[]): Meet =>
  onRequest((socket) => {
    for (const piece of text) socket.write(typeof piece === 'string' ? Buffer.from(piece, 'latin1') : piece);
  });

/** Sends the bytes and hangs up. */
const saysAndEnds = (text: string): Meet => onRequest((socket) => socket.end(text, 'latin1'));

/** Sends the first bytes, then the others again and again, as fast as the client reads. */
const floods = (head: string, piece: string): Meet =>
  onRequest((socket) => {
    const block = Buffer.from(piece.repeat(Math.ceil(PIECE / piece.length)), 'latin1');
    const pour = () => {
      while (!socket.destroyed && socket.writable && socket.write(block));
    };
    socket.write(head, 'latin1');
    socket.on('drain', pour);
    pour();
  });

/** Sends the first bytes, then the others again and again, with pauses. */
const drips = (head: string, piece: string): Meet =>
  onRequest((socket) => {
    socket.write(head, 'latin1');
    const timer = setInterval(() => socket.write(piece, 'latin1'), EVERY_MS);
    socket.once('close', () => clearInterval(timer));
  });

/** The same inside TLS. */
const encrypted =
  (meet: Meet): Meet =>
  (socket, tls) => {
    const inner = new TLSSocket(socket, { isServer: true, secureContext: tls });
    inner.on('error', () => {});
    let isSecure = false;
    inner.once('secure', () => {
      isSecure = true;
    });
    // A client may close before the handshake ends, and what is written into TLS then never leaves.
    inner.once('end', () => probe(isSecure ? inner : socket));
    meet(inner, tls);
  };

const head = (status: string, ...headers: readonly string[]): string =>
  [`HTTP/1.1 ${status}`, ...headers, '', ''].join('\r\n');
const OK = '200 OK';
const CHUNKED = 'Transfer-Encoding: chunked';
const lengthOf = (bytes: { readonly length: number } | number): string =>
  `Content-Length: ${typeof bytes === 'number' ? bytes : bytes.length}`;

const encoded = (body: Buffer, ...headers: readonly string[]): Meet =>
  says(head(OK, lengthOf(body), ...headers), body);

/** One answer, after which the server hangs up. */
const sends = (name: string, code: FailureCode | 'ok', ...lines: readonly string[]): Attack =>
  http(name, code, saysAndEnds(`${lines.join('\r\n')}`));
const HELLO = ['Content-Length: 5', '', 'hello'];

/** Servers that break rules of HTTP, but whose answers other clients read. */
export const SLOPPY: readonly Attack[] = [
  sends('announces its length twice', 'ok', 'HTTP/1.1 200 OK', 'Content-Length: 5', ...HELLO),
  sends('announces its length as a list', 'ok', 'HTTP/1.1 200 OK', 'Content-Length: 5, 5', '', 'hello'),
  sends('announces its length with a plus sign', 'ok', 'HTTP/1.1 200 OK', 'Content-Length: +5', '', 'hello'),
  sends('announces an empty length', 'ok', 'HTTP/1.1 200 OK', 'Content-Length:', '', 'hello'),
  sends(
    'announces a length and chunks',
    'ok',
    'HTTP/1.1 200 OK',
    'Content-Length: 9',
    CHUNKED,
    '',
    '5',
    'hello',
    '0',
    '',
    '',
  ),
  sends(
    'announces the coding identity and a length',
    'ok',
    'HTTP/1.1 200 OK',
    'Transfer-Encoding: identity',
    ...HELLO,
  ),
  sends('announces two lengths and sends one', 'ok', 'HTTP/1.1 200 OK', 'Content-Length: 9', ...HELLO),
  sends(
    'announces two lengths and sends neither',
    'body_truncated',
    'HTTP/1.1 200 OK',
    'Content-Length: 9',
    'Content-Length: 7',
    '',
    'hello',
  ),
  sends('tells to continue, once', 'ok', 'HTTP/1.1 100 Continue', '', 'HTTP/1.1 200 OK', ...HELLO),
  sends('ends lines with LF', 'ok', 'HTTP/1.1 200 OK\nContent-Length: 5\n\nhello'),
  sends('folds a header', 'ok', 'HTTP/1.1 200 OK', 'X-A: a', ' b', ...HELLO),
  sends('puts a control byte into a value', 'ok', 'HTTP/1.1 200 OK', 'X-A: a\x01b', ...HELLO),
  sends('puts DEL into a value', 'ok', 'HTTP/1.1 200 OK', 'X-A: a\x7fb', ...HELLO),
  sends('puts NUL into a value', 'ok', 'HTTP/1.1 200 OK', 'X-A: a\0b', ...HELLO),
  sends('puts CR into a value', 'ok', 'HTTP/1.1 200 OK', 'X-A: a\rb', ...HELLO),
  sends('names no header', 'ok', 'HTTP/1.1 200 OK', ': b', ...HELLO),
  sends('puts parentheses into a name', 'ok', 'HTTP/1.1 200 OK', 'X(a)@b: c', ...HELLO),
  sends('puts a blank into a name', 'ok', 'HTTP/1.1 200 OK', 'X A: b', ...HELLO),
  sends('puts a blank before the colon', 'ok', 'HTTP/1.1 200 OK', 'Content-Length : 5', '', 'hello'),
  sends('puts UTF-8 into a name', 'ok', 'HTTP/1.1 200 OK', 'X-\xc3\xa4: b', ...HELLO),
  sends('sends a line without a colon', 'ok', 'HTTP/1.1 200 OK', 'garbage', ...HELLO),
  sends('speaks HTTP/1.2', 'ok', 'HTTP/1.2 200 OK', ...HELLO),
  sends('speaks http/1.1', 'ok', 'http/1.1 200 OK', ...HELLO),
  sends('speaks HTTP/2', 'ok', 'HTTP/2 200', ...HELLO),
  sends('pads the status', 'ok', 'HTTP/1.1 0200 OK', ...HELLO),
  sends('ends chunks with LF', 'ok', 'HTTP/1.1 200 OK', CHUNKED, '', '5\nhello\n0\n\n'),
  sends('pads the size of a chunk', 'ok', 'HTTP/1.1 200 OK', CHUNKED, '', '5  ', 'hello', '0', '', ''),
  sends(
    'sends headers of 60 KiB',
    'ok',
    'HTTP/1.1 200 OK',
    ...Array(60).fill(`X-A: ${'a'.repeat(1018)}`),
    ...HELLO,
  ),
  sends('sends one header of 60 KiB', 'ok', 'HTTP/1.1 200 OK', `X-A: ${'a'.repeat(60 * 1024)}`, ...HELLO),
  sends('sends 250 headers', 'ok', 'HTTP/1.1 200 OK', ...Array(250).fill('X-A: a'), ...HELLO),
  sends(
    'sends headers of 66 KiB',
    'headers_too_large',
    'HTTP/1.1 200 OK',
    ...Array(66).fill(`X-A: ${'a'.repeat(1018)}`),
    ...HELLO,
  ),
  sends(
    'sends headers of 66 KiB that are not valid',
    'headers_too_large',
    'HTTP/1.1 200 OK',
    ': b',
    ...Array(66).fill(`X-A: ${'a'.repeat(1018)}`),
    ...HELLO,
  ),
  sends('sends 300 headers', 'headers_too_large', 'HTTP/1.1 200 OK', ...Array(300).fill('X-A: a'), ...HELLO),
  sends(
    'sends 300 headers that are not valid',
    'headers_too_large',
    'HTTP/1.1 200 OK',
    ': b',
    ...Array(300).fill('X-A: a'),
    ...HELLO,
  ),
  sends(
    'opts out in headers that are not valid',
    'optout_x_robots',
    'HTTP/1.1 200 OK',
    ': b',
    'X-Robots-Tag: noai',
    ...HELLO,
  ),
  sends('opts out after a CR', 'optout_x_robots', 'HTTP/1.1 200 OK', 'X-A: a\rX-Robots-Tag: noai', ...HELLO),
  sends(
    'redirects to a private address in headers that are not valid',
    'address_refused',
    'HTTP/1.1 302 Found',
    ': b',
    'Location: http://169.254.169.254/',
    ...HELLO,
  ),
  sends('refuses in headers that are not valid', 'http_404', 'HTTP/1.1 404 Not Found', ': b', ...HELLO),
  sends(
    'announces too much in headers that are not valid',
    'body_too_large',
    'HTTP/1.1 200 OK',
    ': b',
    lengthOf(10 ** 9),
    '',
    'a',
  ),
  sends(
    'sends too much after headers that are not valid',
    'body_too_large',
    'HTTP/1.1 200 OK',
    ': b',
    '',
    'a'.repeat(200_000),
  ),
  sends(
    'cuts its body after headers that are not valid',
    'body_truncated',
    'HTTP/1.1 200 OK',
    ': b',
    lengthOf(9),
    '',
    'hello',
  ),
  sends(
    'cuts its chunks after headers that are not valid',
    'body_truncated',
    'HTTP/1.1 200 OK',
    ': b',
    CHUNKED,
    '',
    '9',
    'hello',
  ),
  sends(
    'sends no body after headers that are not valid',
    'body_empty',
    'HTTP/1.1 200 OK',
    ': b',
    lengthOf(0),
    '',
    '',
  ),
  sends(
    'announces gzip as a transfer coding',
    'http_malformed',
    'HTTP/1.1 200 OK',
    ': b',
    'Transfer-Encoding: gzip, chunked',
    '',
    'hello',
  ),
  http('drips a body after headers that are not valid', 'deadline', drips(`${head(OK, ': b')}`, 'a')),
  http('floods after headers that are not valid', 'body_too_large', floods(head(OK, ': b'), 'a')),
  http(
    'floods with headers that are not valid',
    'headers_too_large',
    floods('HTTP/1.1 200 OK\r\n: b\r\nX: ', 'a'),
  ),
  http(
    'floods with chunk extensions after headers that are not valid',
    'http_malformed',
    floods(`${head(OK, ': b', CHUNKED)}1;`, 'a'),
  ),
  http('falls silent within headers that are not valid', 'timeout', says('HTTP/1.1 200 OK\r\n: b\r\n')),
  http('falls silent after headers that are not valid', 'timeout', says(head(OK, ': b', lengthOf(9)), 'a')),
  http(
    'keeps the connection after headers that are not valid',
    'ok',
    says(head(OK, ': b', lengthOf(5)), 'hello'),
  ),
  https('is sloppy inside TLS', 'ok', encrypted(saysAndEnds(`${head(OK, ': b', lengthOf(5))}hello`))),
];

export const ATTACKS: readonly Attack[] = [
  // Before an answer.
  http('takes the connection and says nothing', 'timeout', () => {}),
  http('hangs up at once', 'connection_reset', (socket) => socket.end()),
  http('resets at once', 'connection_reset', (socket) => socket.resetAndDestroy()),
  http(
    'hangs up when asked',
    'connection_reset',
    onRequest((socket) => socket.end()),
  ),
  http('speaks another protocol before it is asked', 'http_malformed', (socket) => {
    socket.write('220 mail.example ESMTP\r\n');
  }),

  // Headers.
  http('drips its headers', 'timeout', drips('HTTP/1.1 200 OK\r\nX-A: ', 'a')),
  http(
    'floods with headers',
    'headers_too_large',
    floods('HTTP/1.1 200 OK\r\n', 'X-A: aaaaaaaaaaaaaaaaaaaa\r\n'),
  ),
  http('floods with one header', 'headers_too_large', floods('HTTP/1.1 200 OK\r\nX-A: ', 'a')),
  http('floods with the name of a header', 'headers_too_large', floods('HTTP/1.1 200 OK\r\n', 'a')),
  http('floods with a reason phrase', 'headers_too_large', floods('HTTP/1.1 200 ', 'a')),
  http(
    'sends two thousand headers of one byte',
    'headers_too_large',
    says(head(OK, ...Array(2000).fill('a:b'))),
  ),
  http('floods with early hints', 'headers_too_large', floods('', head('103 Early Hints', 'Link: <a>'))),
  http('drips early hints', 'deadline', drips('', head('103 Early Hints', 'Link: <a>'))),
  http('tells to continue, again and again', 'headers_too_large', floods('', head('100 Continue'))),
  http(
    'switches protocols unasked',
    'http_malformed',
    says(head('101 Switching Protocols', 'Upgrade: x', 'Connection: Upgrade')),
  ),
  http('speaks HTTP/0.9', 'http_malformed', saysAndEnds('<html>hello</html>')),
  http('speaks ICY', 'http_malformed', says('ICY 200 OK\r\nContent-Length: 1\r\n\r\na')),
  http('floods with line ends', 'headers_too_large', floods('', '\r\n')),
  http('announces two lengths and stays', 'timeout', says(head(OK, lengthOf(1), lengthOf(2)), 'aa')),
  http('announces a length and no chunk', 'body_empty', says(head(OK, lengthOf(1), CHUNKED), '0\r\n\r\n')),
  http('announces a negative length', 'http_malformed', says(head(OK, 'Content-Length: -1'))),
  http(
    'announces a length beyond all numbers',
    'http_malformed',
    says(head(OK, `Content-Length: ${'9'.repeat(40)}`)),
  ),
  http('announces more than is accepted', 'body_too_large', says(head(OK, lengthOf(10 ** 15)))),

  // Redirects and refusals.
  http('redirects to itself', 'redirect_limit', says(head('302 Found', 'Location: /x.jpg', lengthOf(0)))),
  http(
    'redirects with a body without end',
    'redirect_limit',
    floods(head('302 Found', 'Location: /x.jpg'), 'a'),
  ),
  http(
    'redirects with a body that drips',
    'deadline',
    drips(head('302 Found', 'Location: /x.jpg', lengthOf(9999)), 'a'),
  ),
  http(
    'redirects to a file',
    'redirect_invalid',
    says(head('302 Found', 'Location: file:///etc/passwd', lengthOf(0))),
  ),
  http(
    'redirects to metadata of a cloud',
    'address_refused',
    says(head('302 Found', 'Location: http://169.254.169.254/', lengthOf(0))),
  ),
  http(
    'redirects to a URL of 10,000 characters',
    'redirect_invalid',
    says(head('302 Found', `Location: /${'a'.repeat(10_000)}`, lengthOf(0))),
  ),
  http('refuses with a body without end', 'http_404', floods(head('404 Not Found'), 'a')),
  http('refuses with a body that drips', 'http_404', drips(head('404 Not Found', lengthOf(9999)), 'a')),

  // Bodies.
  http('drips its body', 'deadline', drips(head(OK, lengthOf(9999)), 'a')),
  http('drips chunks', 'deadline', drips(head(OK, CHUNKED), '1\r\na\r\n')),
  http('falls silent within its body', 'timeout', says(head(OK, lengthOf(99)), 'a')),
  http('sends no body and keeps the connection', 'timeout', says(head(OK))),
  http('ends its body early', 'body_truncated', saysAndEnds(`${head(OK, lengthOf(99))}a`)),
  http('ends its chunks early', 'body_truncated', saysAndEnds(`${head(OK, CHUNKED)}5\r\naa`)),
  http(
    'resets within its body',
    'connection_reset',
    onRequest((socket) => {
      socket.write(`${head(OK, lengthOf(99))}a`);
      setTimeout(() => socket.resetAndDestroy(), EVERY_MS);
    }),
  ),
  http('sends a body without end', 'body_too_large', floods(head(OK), 'a')),
  http('sends chunks without end', 'body_too_large', floods(head(OK, CHUNKED), '1\r\na\r\n')),
  http('floods with chunk extensions', 'body_too_large', floods(`${head(OK, CHUNKED)}1;`, 'a')),
  http('floods with the size of a chunk', 'body_too_large', floods(`${head(OK, CHUNKED)}`, '0')),
  http(
    'sends a chunk beyond all numbers',
    'http_malformed',
    says(head(OK, CHUNKED), `${'F'.repeat(30)}\r\naa`),
  ),
  http('sends a chunk of no size', 'http_malformed', says(head(OK, CHUNKED), 'zz\r\naa')),
  http(
    'floods with trailers',
    'headers_too_large',
    floods(`${head(OK, CHUNKED)}1\r\na\r\n0\r\n`, 'X-A: aaaaaaaaaaaaaaaaaaaa\r\n'),
  ),
  http('drips trailers', 'timeout', drips(`${head(OK, CHUNKED)}1\r\na\r\n0\r\n`, 'X: a\r\n')),

  // Content codings.
  http('sends a bomb of gzip', 'body_too_large', encoded(gzipSync(BOMB), 'Content-Encoding: gzip')),
  http('sends a bomb of deflate', 'body_too_large', encoded(deflateSync(BOMB), 'Content-Encoding: deflate')),
  http('sends a bomb of brotli', 'body_too_large', encoded(brotliCompressSync(BOMB), 'Content-Encoding: br')),
  http('sends zstd', 'encoding_invalid', encoded(Buffer.from('28b52ffd', 'hex'), 'Content-Encoding: zstd')),
  http('stacks codings', 'body_too_large', encoded(gzipSync(gzipSync(BOMB)), 'Content-Encoding: gzip, gzip')),
  http(
    'stacks codings in two headers',
    'body_too_large',
    encoded(gzipSync(gzipSync(BOMB)), 'Content-Encoding: gzip', 'Content-Encoding: gzip'),
  ),
  http(
    'stacks a thousand codings',
    'encoding_invalid',
    encoded(Buffer.alloc(9), `Content-Encoding: ${Array(1000).fill('br')}`),
  ),
  http(
    'breaks off a coding',
    'encoding_invalid',
    encoded(gzipSync(BOMB).subarray(0, 30), 'Content-Encoding: gzip'),
  ),
  http('claims a coding', 'encoding_invalid', encoded(Buffer.from('plain'), 'Content-Encoding: br')),
  http('encodes nothing', 'body_empty', encoded(gzipSync(''), 'Content-Encoding: gzip')),

  // TLS.
  https('says nothing to a TLS hello', 'connect_timeout', (socket) => socket.resume()),
  https('drips a TLS handshake', 'connect_timeout', (socket) => {
    socket.once('data', () => {
      socket.write(Buffer.from('1603034000', 'hex'));
      const timer = setInterval(() => socket.write('a'), EVERY_MS);
      socket.once('close', () => clearInterval(timer));
    });
    socket.on('data', () => {});
  }),
  https('answers a TLS hello in plain HTTP', 'tls_failed', (socket) => {
    socket.once('data', () => socket.write(head(OK, lengthOf(0))));
  }),
  https('breaks off a TLS handshake', 'connection_reset', (socket) => {
    socket.once('data', () => socket.end());
  }),
  https('alarms in the TLS handshake', 'tls_failed', (socket) => {
    socket.once('data', () => socket.write(Buffer.from('15030300020228', 'hex')));
  }),
  https(
    'falls silent after the TLS handshake',
    'timeout',
    encrypted((socket) => void socket.resume()),
  ),
  https('drips its body inside TLS', 'deadline', encrypted(drips(head(OK, lengthOf(9999)), 'a'))),
  https('sends a body without end inside TLS', 'body_too_large', encrypted(floods(head(OK), 'a'))),
  https(
    'ends its body early inside TLS',
    'body_truncated',
    encrypted(saysAndEnds(`${head(OK, lengthOf(99))}a`)),
  ),
];
