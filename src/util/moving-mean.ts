/** An exponential moving mean: each new value counts with `weight` (0 to 1), all earlier ones with the rest. */
export class MovingMean {
  readonly #weight: number;
  #value: number;

  constructor(weight: number, start: number) {
    this.#weight = weight;
    this.#value = start;
  }

  get value(): number {
    return this.#value;
  }

  add(value: number): void {
    this.#value += this.#weight * (value - this.#value);
  }
}
