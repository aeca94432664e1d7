import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Socket } from 'node:net';
import { type SecureContext, TLSSocket } from 'node:tls';
import type { Certificates } from '../../../test/support/servers/certificates.ts';
import { END_WELL, type Fate, THROTTLE } from '../model/distributions.ts';
import type { WebPlan } from '../model/plan-web.ts';
import type { Answers } from './answers.ts';
import type { Counts, HostState } from './web-stats.ts';

export interface Site {
  readonly plan: WebPlan;
  readonly counts: Counts;
  readonly answers: Answers;
  readonly certificates: Certificates;
  /** Answers at once, whatever the plan says. */
  readonly perfect: boolean;
  /** Rows whose one failure has happened. */
  readonly failedOnce: Set<number>;
}

type ChooseContext = (error: Error | null, context?: SecureContext) => void;

const PATIENT = { requestTimeout: 0, headersTimeout: 0, keepAliveTimeout: 60_000, noDelay: true };
const BACKLOG = 4096;
/** Allows all images. */
const ROBOTS = 'User-agent: *\nDisallow: /admin/\nDisallow: /*?sort=\n\nUser-agent: GPTBot\nDisallow: /\n';

/** Starts a server for all hosts of one scheme; `outage`: those that are down at first. Returns its port. */
export async function startServer(
  site: Site,
  { https, outage, address }: { https: boolean; outage: boolean; address: string },
): Promise<number> {
  const server = https ? createTls(site) : createServer(PATIENT, listener(site));
  if (outage) server.on('connection', (socket: Socket) => breakDuringOutage(site, socket));
  server.on('clientError', (_error: Error, socket: Socket) => socket.destroy());
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, address, BACKLOG, resolve);
  });
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('expected a port');
  return bound.port;
}

function createTls(site: Site): Server {
  const { counts, certificates } = site;
  const server = createTlsServer(
    {
      ...PATIENT,
      ...certificates.trusted,
      // Node calls this for each connection, so connections that never finish their handshake count, too.
      SNICallback(this: unknown, name: string, done: ChooseContext) {
        const host = hostOf(counts, name);
        if (host !== undefined && this instanceof TLSSocket) counts.attribute(this, host);
        chooseContext(certificates, host, done);
      },
    },
    listener(site),
  );
  server.on('secureConnection', (socket: TLSSocket & { servername?: string | false }) => {
    counts.handshakes[socket.isSessionReused() ? 'resumed' : 'full'] += 1;
    const host = typeof socket.servername === 'string' ? hostOf(counts, socket.servername) : undefined;
    if (host !== undefined) counts.attribute(socket, host);
  });
  server.on('tlsClientError', () => {});
  return server;
}

function chooseContext(certificates: Certificates, host: HostState | undefined, done: ChooseContext): void {
  const fate = host?.planned.fate;
  if (fate === 'tarpit_silent') return;
  if (fate === 'tls_expired' || fate === 'tls_wrong_host') {
    certificates
      .context(fate === 'tls_expired' ? 'expired' : 'wrong-host')
      .then((context) => done(null, context), done);
  } else done(null);
}

function breakDuringOutage({ plan, counts }: Site, socket: Socket): void {
  if (counts.elapsedMs() >= plan.outageMs) return;
  socket.on('error', () => {});
  socket.resetAndDestroy();
}

function listener(site: Site): RequestListener {
  return (request, response) => respond(site, request, response);
}

function respond(site: Site, request: IncomingMessage, response: ServerResponse): void {
  const { plan, counts, answers, perfect, failedOnce } = site;
  const host = hostOf(counts, request.headers.host ?? '');
  const url = request.url ?? '';
  if (host !== undefined && url === '/robots.txt') {
    counts.attribute(request.socket, host);
    const name = Number.parseInt(host.planned.name.slice(1), 10);
    const sendRules = (): void => void response.setHeader('Content-Type', 'text/plain').end(ROBOTS);
    setTimeout(sendRules, perfect ? 0 : plan.latencyOf[name % plan.latencyOf.length]);
    return;
  }
  const row = Number.parseInt(url.slice(url.lastIndexOf('/') + 1), 10);
  if (host === undefined || counts.hosts[plan.hostOf[row] ?? -1] !== host) {
    answers.send(response, 'not_found', row);
    return;
  }
  counts.attribute(request.socket, host);
  counts.countRequest(host, row);
  const wait = secondsToWait(host);
  if (wait > 0) {
    host.tooMany += 1;
    answers.sendTooMany(response, wait);
    return;
  }
  const planned = plan.fateOf[row] ?? 'not_found';
  const isOver = perfect || failedOnce.has(row);
  const fate: Fate = END_WELL.has(planned) && isOver ? 'image' : planned;
  if (END_WELL.has(planned) && planned !== 'image') failedOnce.add(row);
  const send = () => {
    if (fate === 'image') counts.countImage();
    answers.send(response, fate, row);
  };
  if (perfect) send();
  else setTimeout(send, plan.latencyOf[row]);
}

/** A request on a connection too many takes no token of its host. */
function secondsToWait({ throttle, connections }: HostState): number {
  if (throttle === null) return 0;
  return connections > THROTTLE.connections ? 1 : throttle.take(performance.now());
}

/** The host of a name such as `h12.site3.test`, with or without a port. */
function hostOf(counts: Counts, name: string): HostState | undefined {
  const host = counts.hosts[Number.parseInt(name.slice(1), 10)];
  return host !== undefined && name.startsWith(host.planned.name) ? host : undefined;
}
