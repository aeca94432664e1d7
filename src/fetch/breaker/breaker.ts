import { EXIT, UserError } from '../../core/errors.ts';

/** What this machine may lack: DNS look-ups, a route to the network, a working proxy. */
export type Circuit = 'lookup' | 'route' | 'proxy';

const REMEDIES: Readonly<Record<Circuit, (failed: string) => string>> = {
  lookup: (failed) =>
    `the name servers do not answer: ${failed} names could not be looked up; check the network or name other ` +
    'servers with --resolver, laion-fetch doctor measures them; the same command resumes',
  route: (failed) =>
    `there is no way to the network: ${failed} hosts had no route; check the network, laion-fetch doctor looks at ` +
    'it; the same command resumes',
  proxy: (failed) =>
    `the proxy does not serve: ${failed} hosts could not be reached through it; check that it runs and that --proxy ` +
    'is right; the same command resumes',
};

/** Number of recent outcomes that count. */
const RECENT = 40;
/** The minimum for a verdict while others are still to come. */
const LEAST = 20;
/** In an index whose links are ten years old, some per cent of all names cannot be looked up. */
const MAX_FAILED_SHARE = 0.5;
/** Failed domains remembered, about 100 bytes each. */
const MAX_FAILED = 100_000;

/** `failed`: there was an answer of no use. `silent`: there was no answer. */
export type CircuitOutcome = 'ok' | 'failed' | 'silent';

/**
 * Circuit breaker: tells a broken machine from a decayed web. It trips when most of the recent outcomes of one circuit are
 * failures. Rows must not be blamed before that is clear: `isPending` says whether a failure may still turn out to be
 * the machine's.
 */
export class Breaker {
  readonly #onBroken: (error: UserError) => void;
  readonly #recent: Record<Circuit, CircuitOutcome[]> = { lookup: [], route: [], proxy: [] };
  readonly #failedDomains: Record<Circuit, Set<string>> = {
    lookup: new Set(),
    route: new Set(),
    proxy: new Set(),
  };
  #tripped = false;

  constructor(onBroken: (error: UserError) => void) {
    this.#onBroken = onBroken;
  }

  /**
   * `host`: the host of the outcome. Failures of one domain count once: one owner's mistake explains them all, and
   * towards its end a run requests little but what has failed before.
   */
  record(circuit: Circuit, host: string, outcome: CircuitOutcome): void {
    if (outcome !== 'ok' && !this.#isFirstFailure(circuit, domainOf(host))) return;
    const recent = this.#recent[circuit];
    recent.push(outcome);
    if (recent.length > RECENT) recent.shift();
    if (recent.length >= LEAST && this.isPending(circuit)) this.#trip(circuit);
  }

  isPending(circuit: Circuit): boolean {
    const failed = this.#failed(circuit);
    return failed > 0 && failed / this.#recent[circuit].length >= MAX_FAILED_SHARE;
  }

  /** Decides whether the machine caused the failures, when nothing under way could tell more. */
  conclude(circuit: Circuit): boolean {
    const recent = this.#recent[circuit];
    // If a single domain gave no useful answer, the domain caused it, unless nothing was ever answered.
    const isSilence = recent.every((outcome) => outcome === 'silent');
    if (isSilence || (recent.length > 1 && this.#failed(circuit) === recent.length)) this.#trip(circuit);
    return this.#tripped;
  }

  #isFirstFailure(circuit: Circuit, domain: string): boolean {
    const known = this.#failedDomains[circuit];
    if (known.has(domain)) return false;
    if (known.size < MAX_FAILED) known.add(domain);
    return true;
  }

  #failed(circuit: Circuit): number {
    return this.#recent[circuit].filter((outcome) => outcome !== 'ok').length;
  }

  #trip(circuit: Circuit): void {
    if (this.#tripped) return;
    this.#tripped = true;
    const failed = `${this.#failed(circuit)} of the last ${this.#recent[circuit].length}`;
    this.#onBroken(new UserError(EXIT.environment, `Cannot go on: ${REMEDIES[circuit](failed)}`));
  }
}

/** The last two labels of a name, which usually tell who runs it. */
function domainOf(host: string): string {
  return host.split('.').slice(-2).join('.');
}
