import type { Size } from '../../codec/resample/plan.ts';
import type { PngChunk } from './png-chunks.ts';

/** Bytes of the chunks of an animation; of `fdAT` at least. */
const BYTES = { acTL: 8, fcTL: 26, fdAT: 4 } as const;

/**
 * Checks the chunks of an animated PNG: they are numbered in turn, frames lie inside the image, and each has data.
 * Readers refuse other animations, even for their first image, and some hang.
 */
export class PngFrames {
  readonly #image: Size;
  /** Frames that the animation announces, and that have begun; 0 and 0 for a still image. */
  #announced = 0;
  #begun = 0;
  #nextNumber = 0;
  /** The frame that began last has no data yet. */
  #isEmpty = false;
  #isBehindImage = false;

  constructor(image: Size) {
    this.#image = image;
  }

  get areComplete(): boolean {
    return this.#begun === this.#announced && !this.#isEmpty;
  }

  /** Whether a chunk may follow those before it. */
  accepts({ type, data }: PngChunk): boolean {
    switch (type) {
      case 'acTL':
        if (data.length !== BYTES.acTL || this.#announced > 0 || this.#isBehindImage) return false;
        this.#announced = data.readUInt32BE(0);
        return this.#announced > 0;
      case 'fcTL':
        return data.length === BYTES.fcTL && this.#isNext(data) && this.#begins(data);
      case 'fdAT':
        if (data.length < BYTES.fdAT || !this.#isNext(data) || this.#begun === 0) return false;
        this.#isEmpty = false;
        return this.#isBehindImage;
      case 'IDAT':
        this.#isEmpty = false;
        this.#isBehindImage = true;
        return true;
      default:
        return true;
    }
  }

  #isNext(data: Buffer): boolean {
    const number = data.readUInt32BE(0);
    this.#nextNumber += 1;
    return this.#announced > 0 && number === this.#nextNumber - 1;
  }

  #begins(data: Buffer): boolean {
    const [width, height] = [data.readUInt32BE(4), data.readUInt32BE(8)];
    const [right, bottom] = [data.readUInt32BE(12) + width, data.readUInt32BE(16) + height];
    if (this.#isEmpty || width === 0 || height === 0) return false;
    this.#isEmpty = true;
    this.#begun += 1;
    return right <= this.#image.width && bottom <= this.#image.height;
  }
}
