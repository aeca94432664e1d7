/**
 * Back-pressure: several named signals, any of which asks the producer to pause. A signal is raised by whoever is short
 * of something (decoders, memory, disk) and cleared by the same.
 */
export class Pressure<Signal extends string> {
  readonly #high = new Set<Signal>();
  readonly #onChange: (isHigh: boolean) => void;

  /** `onChange` is called when the first signal is raised and when the last one is cleared. */
  constructor(onChange: (isHigh: boolean) => void) {
    this.#onChange = onChange;
  }

  /** Whether the producer should pause. */
  get isHigh(): boolean {
    return this.#high.size > 0;
  }

  /** The signals that are raised. */
  get signals(): readonly Signal[] {
    return [...this.#high];
  }

  set(signal: Signal, isHigh: boolean): void {
    if (this.#high.has(signal) === isHigh) return;
    const before = this.isHigh;
    if (isHigh) this.#high.add(signal);
    else this.#high.delete(signal);
    if (this.isHigh !== before) this.#onChange(this.isHigh);
  }
}
