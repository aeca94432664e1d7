/** Images without a further kill after which one more decoder is tried. */
const RECOVERY_IMAGES = 1_000;
/** Kills without a finished image in between that each decoder may have before the machine counts as unable to decode. */
const MAX_IDLE_KILLS = 4;

/** How many decoders are to run: one fewer after each that the system has killed, and slowly more again. */
export class DecoderCount {
  target: number;
  readonly #wanted: number;
  #imagesSinceKill = 0;
  #killsSinceImage = 0;

  constructor(wanted: number) {
    this.#wanted = wanted;
    this.target = wanted;
  }

  /** Whether decoders are killed and nothing else happens. */
  get isHopeless(): boolean {
    return this.#killsSinceImage > MAX_IDLE_KILLS * this.#wanted;
  }

  killed(): void {
    this.target = Math.max(1, this.target - 1);
    this.#imagesSinceKill = 0;
    this.#killsSinceImage += 1;
  }

  /** An image is finished. */
  finished(): void {
    this.#killsSinceImage = 0;
    if (this.target === this.#wanted) return;
    this.#imagesSinceKill += 1;
    if (this.#imagesSinceKill < RECOVERY_IMAGES) return;
    this.#imagesSinceKill = 0;
    this.target += 1;
  }
}
