/** Runs tasks concurrently while the sum of their weights fits `maxWeight`. A heavier task runs alone. */
export class BoundedWork {
  readonly #maxWeight: number;
  readonly #underWay = new Set<Promise<void>>();
  #weight = 0;
  #failure: { readonly error: unknown } | undefined;

  constructor(maxWeight: number) {
    this.#maxWeight = maxWeight;
  }

  /** Starts a task as soon as there is room for it. Rejects with the error of an earlier task. */
  async start(weight: number, task: () => Promise<void>): Promise<void> {
    while (this.#weight > 0 && this.#weight + weight > this.#maxWeight) await Promise.race(this.#underWay);
    this.#rethrow();
    this.#weight += weight;
    const run = task()
      .catch((error: unknown) => {
        this.#failure ??= { error };
      })
      .finally(() => {
        this.#weight -= weight;
        this.#underWay.delete(run);
      });
    this.#underWay.add(run);
  }

  /** Resolves when every task has ended. Rejects with the error of the first task that failed. */
  async finish(): Promise<void> {
    await Promise.all(this.#underWay);
    this.#rethrow();
  }

  #rethrow(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }
}
