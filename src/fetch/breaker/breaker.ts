import { EXIT, UserError } from '../../core/errors.ts';
import { steadyNow } from '../../util/clock.ts';

/** What this machine may lack: DNS look-ups, a route to the network, a working proxy. */
export type Circuit = 'lookup' | 'route' | 'proxy';

const REMEDIES: Readonly<Record<Circuit, (failed: string) => string>> = {
  lookup: (failed) =>
    `the name servers do not answer: ${failed} names could not be looked up; check the network, or name ` +
    'other servers with --resolver (laion-fetch doctor measures them); the same command resumes',
  route: (failed) =>
    `the network is unreachable: ${failed} hosts had no route; check the network, for example with laion-fetch ` +
    'doctor; the same command resumes',
  proxy: (failed) =>
    `the proxy does not work: ${failed} hosts could not be reached through it; check that it runs and that --proxy ` +
    'is right; the same command resumes',
};

/** Number of recent moments that count. */
const RECENT = 40;
/** The minimum of moments, or of hosts where nothing was ever answered, for a verdict while others are still to come. */
const LEAST = 20;
/** Outcomes this close together may have one cause: a second without a network fails everything under way. */
const MOMENT_MS = 10;
/** In an index whose links are ten years old, some per cent of all names cannot be looked up. */
const MAX_FAILED_SHARE = 0.5;
/** Failed domains remembered, about 100 bytes each. */
const MAX_FAILED = 100_000;

/** `failed`: there was an answer, but a useless one. `silent`: there was no answer. */
export type CircuitOutcome = 'ok' | 'failed' | 'silent';

/** One piece of evidence: the hosts with each outcome at one moment. However many they are, they count once. */
type Moment = { readonly from: number } & Record<CircuitOutcome, number>;

/**
 * Circuit breaker: tells a broken machine from a decayed web. It trips when most of the recent outcomes of one circuit are
 * failures, moment by moment. Rows must not be blamed before that is clear: `isPending` says whether a failure may still turn out to be
 * the machine's.
 */
export class Breaker {
  readonly #onBroken: (error: UserError) => void;
  readonly #now: () => number;
  readonly #recent: Record<Circuit, Moment[]> = { lookup: [], route: [], proxy: [] };
  readonly #failedDomains: Record<Circuit, Set<string>> = {
    lookup: new Set(),
    route: new Set(),
    proxy: new Set(),
  };
  #tripped = false;

  /** `now`: the current time in milliseconds. */
  constructor(onBroken: (error: UserError) => void, now: () => number = steadyNow) {
    this.#onBroken = onBroken;
    this.#now = now;
  }

  /**
   * `host`: the host of the outcome. Failures of one domain count once: one owner's mistake explains them all, and
   * near its end a run requests little but what has failed before.
   */
  record(circuit: Circuit, host: string, outcome: CircuitOutcome): void {
    if (outcome !== 'ok' && !this.#isFirstFailure(circuit, domainOf(host))) return;
    const recent = this.#recent[circuit];
    const now = this.#now();
    const latest = recent.at(-1);
    if (latest !== undefined && now - latest.from < MOMENT_MS) latest[outcome] += 1;
    else recent.push({ from: now, ok: 0, failed: 0, silent: 0, [outcome]: 1 });
    if (recent.length > RECENT) recent.shift();
    if (this.#isBroken(recent)) this.#trip(circuit);
  }

  isPending(circuit: Circuit): boolean {
    return mostHaveFailed(this.#recent[circuit]);
  }

  /** Decides whether the machine caused the failures, when nothing under way could tell more. */
  conclude(circuit: Circuit): boolean {
    const recent = this.#recent[circuit];
    // If a single domain gave no useful answer, the domain caused it, unless nothing was ever answered.
    if (isSilence(recent) || (failures(recent) > 1 && failures(recent) === hosts(recent)))
      this.#trip(circuit);
    return this.#tripped;
  }

  /** Whether the machine is at fault, although more outcomes are still to come. */
  #isBroken(recent: readonly Moment[]): boolean {
    if (recent.length >= LEAST) return mostHaveFailed(recent);
    // Nothing was ever answered: the first requests all time out at nearly the same moment.
    return recent.length > 1 && hosts(recent) >= LEAST && isSilence(recent);
  }

  #isFirstFailure(circuit: Circuit, domain: string): boolean {
    const known = this.#failedDomains[circuit];
    if (known.has(domain)) return false;
    if (known.size < MAX_FAILED) known.add(domain);
    return true;
  }

  #trip(circuit: Circuit): void {
    if (this.#tripped) return;
    this.#tripped = true;
    const recent = this.#recent[circuit];
    const failed = `${failures(recent)} of the last ${hosts(recent)}`;
    this.#onBroken(new UserError(EXIT.environment, `Cannot go on: ${REMEDIES[circuit](failed)}`));
  }
}

function mostHaveFailed(recent: readonly Moment[]): boolean {
  const failed = sum(recent, (moment) => failures([moment]) / hosts([moment]));
  return failed > 0 && failed / recent.length >= MAX_FAILED_SHARE;
}

function isSilence(recent: readonly Moment[]): boolean {
  return recent.every(({ ok, failed }) => ok + failed === 0);
}

function failures(recent: readonly Moment[]): number {
  return sum(recent, ({ failed, silent }) => failed + silent);
}

function hosts(recent: readonly Moment[]): number {
  return sum(recent, ({ ok, failed, silent }) => ok + failed + silent);
}

function sum(recent: readonly Moment[], value: (moment: Moment) => number): number {
  return recent.reduce((total, moment) => total + value(moment), 0);
}

/** The last two labels of a name, which usually tell who runs it. */
function domainOf(host: string): string {
  return host.split('.').slice(-2).join('.');
}
