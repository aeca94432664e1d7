import { steadyNow } from './clock.ts';

/** Lets a person pause a run and go on. */
export class PauseSwitch {
  readonly #listeners = new Set<(isPaused: boolean) => void>();
  #pausedAt: number | null = null;
  #pausedMs = 0;

  get isPaused(): boolean {
    return this.#pausedAt !== null;
  }

  /** Milliseconds that all pauses have taken so far. */
  get pausedMs(): number {
    return this.#pausedMs + (this.#pausedAt === null ? 0 : steadyNow() - this.#pausedAt);
  }

  toggle(): void {
    const { isPaused, pausedMs } = this;
    this.#pausedMs = pausedMs;
    this.#pausedAt = isPaused ? null : steadyNow();
    for (const listener of this.#listeners) listener(!isPaused);
  }

  /** Calls the listener at each change until the returned function is called. */
  subscribe(listener: (isPaused: boolean) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
}
