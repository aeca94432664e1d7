import { EXIT, UserError } from '../../core/errors.ts';

/** What a whole machine may lack, and the web does not. */
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
    'names it rightly; the same command resumes',
};

/** Outcomes looked back upon. */
const RECENT = 40;
/** Fewer are no ground for a verdict while others are still to come. */
const LEAST = 20;
/** Of an index whose links are ten years old, a few in a hundred names cannot be looked up. */
const MAX_FAILED_SHARE = 0.5;
/** Domains remembered for having failed, some 100 bytes each. */
const MAX_FAILED = 100_000;

/** `failed`: there was an answer, and it was no use. `silent`: there was none. */
export type CircuitOutcome = 'ok' | 'failed' | 'silent';

/**
 * Tells a broken machine from a decayed web: trips when most of the recent outcomes of one kind are failures. Rows
 * must not be blamed meanwhile: `isInDoubt` says whether a failure may yet turn out to be the machine's.
 */
export class Breaker {
  readonly #onBroken: (fault: UserError) => void;
  readonly #recent: Record<Circuit, CircuitOutcome[]> = { lookup: [], route: [], proxy: [] };
  readonly #failedDomains: Record<Circuit, Set<string>> = {
    lookup: new Set(),
    route: new Set(),
    proxy: new Set(),
  };
  #tripped = false;

  constructor(onBroken: (fault: UserError) => void) {
    this.#onBroken = onBroken;
  }

  /**
   * `host`: whom it was about. Failures of one domain count once, since one owner's fault explains them all, and since
   * towards its end a run asks for little but what has failed before.
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

  /** Nothing is under way that could tell more. Whether the machine is to blame for what failed. */
  conclude(circuit: Circuit): boolean {
    const recent = this.#recent[circuit];
    // A single domain without a useful answer is that domain's fault, unless nobody ever answered anything.
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

/** The last two labels of a name: near enough to who runs it. */
function domainOf(host: string): string {
  return host.split('.').slice(-2).join('.');
}
