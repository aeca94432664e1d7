/**
 * Bounds the rows that are between the index and their outcome. The reader of the index waits here; everything that
 * may make room calls `check`.
 */
export class Window {
  readonly #isFull: () => boolean;
  #wake: (() => void) | undefined;

  constructor(isFull: () => boolean) {
    this.#isFull = isFull;
  }

  get isFull(): boolean {
    return this.#isFull();
  }

  /** Resolves when there is room or `check` is forced. */
  async room(): Promise<void> {
    if (this.#isFull()) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  check(force = false): void {
    if (this.#wake === undefined || (this.#isFull() && !force)) return;
    const wake = this.#wake;
    this.#wake = undefined;
    wake();
  }
}
