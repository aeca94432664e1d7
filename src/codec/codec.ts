import { CHECK_ONLY, decodeJpeg, hasAllPixels } from './decode-jpeg.ts';
import { decodePng } from './decode-png.ts';
import { fullSize, JpegEncoder, type Plane } from './encode-jpeg.ts';
import type { JpegHeader } from './jpeg-header.ts';
import { isTrap, type Kernel, loadKernel } from './kernel-module.ts';
import type { PngHeader } from './png-header.ts';
import { type Axes, axesFor, type Turn, turnedSize, UPRIGHT } from './resample/axes.ts';
import type { Interpolation } from './resample/kernels.ts';
import type { ResizePlan, Size } from './resample/plan.ts';
import type { Weights } from './resample/weights.ts';
import { type Pixels, scaleExactly } from './scale-exactly.ts';
import { type Channel, rowsBytes, scaleBands } from './scale-pixels.ts';
import { neededColumns, placeWeights, scaleRows } from './scale-plane.ts';
import { decodeWebp, type WebpHeader } from './webp.ts';

/**
 * Reduction factor from which the decoder quarters a JPEG: halving once would save little time. In a gray image, whose
 * result loses less in encoding, the error would be larger than that loss.
 */
const QUARTER_FROM = 8;
/** The codec replaces a kernel with more memory than this, because WebAssembly memory never shrinks. */
const KEPT_BYTES = 32 * 2 ** 20;
/** Colour of the margins: white. */
const BACKGROUND = { luma: 255, chroma: 128 } as const;
/**
 * What the levels of a source are multiplied with, and its white: those of a JPEG, and studio levels, in which luma goes
 * from 16 to 235 and chroma from 16 to 240.
 */
const LEVELS = {
  full: { luma: { gain: 1, ground: 255 }, chroma: { gain: 1, ground: 128 } },
  studio: { luma: { gain: 255 / 219, ground: 235 }, chroma: { gain: 255 / 224, ground: 128 } },
} as const;

/** Header of an image that the codec accepts. */
export type PlainHeader = JpegHeader | PngHeader | WebpHeader;

/**
 * Scales images with one resampler, whatever decodes them, and turns plain JPEGs, PNGs and WebPs into JPEGs. The three
 * channels of a JPEG or a WebP stay as they are stored: the codec scales each plane by itself, and enlarges chroma only where it enlarges the
 * image. It refuses unusual and damaged images; the caller then asks the fallback, sharp, and hands its pixels to
 * `encodePixels` or `scalePixels`.
 */
export class Codec {
  readonly quality: number;
  readonly #load: () => Kernel;
  #kernel: Kernel;
  #encoder: JpegEncoder;

  /** @param load makes a kernel, for tests that reach into its memory */
  constructor(quality: number, load: () => Kernel = loadKernel) {
    this.quality = quality;
    this.#load = load;
    this.#kernel = load();
    this.#encoder = new JpegEncoder(this.#kernel, quality);
  }

  /** Whether every pixel can be decoded; also false if the fallback has to decide. */
  isIntact(bytes: Uint8Array, header: PlainHeader): boolean {
    return this.#use(() => this.#decode(bytes, header, CHECK_ONLY)) ?? false;
  }

  /**
   * Whether a JPEG of any kind lacks pixels, even if a decoder shows gray instead; also false if the codec cannot tell.
   */
  lacksPixels(bytes: Uint8Array): boolean {
    return this.#use(() => hasAllPixels(this.#kernel, bytes)) === false;
  }

  /** The image as a JPEG after `turn` and `plan`; null if the fallback has to decide. */
  convert(
    bytes: Uint8Array,
    header: PlainHeader,
    plan: ResizePlan,
    interpolation: Interpolation,
    turn: Turn = UPRIGHT,
  ): Buffer | null {
    return this.#use(() => {
      const factor = reductionFactor(turnedSize(header, turn), plan);
      const isColour = header.components.length === 3;
      const isWeighed = interpolation !== 'nearest' && factor >= QUARTER_FROM;
      const halvings = header.format === 'jpeg' && isColour && isWeighed ? 2 : 0;
      const isEnlarged = isColour && factor < 1;
      // Its luma and chroma are too coarse for that.
      if (isEnlarged && header.format === 'webp') return null;
      const asRgb = isEnlarged && header.format === 'png';
      if (!this.#decode(bytes, header, halvings, asRgb)) return null;
      // Elsewhere, too few pixels are out of range to matter.
      const isClipped = isEnlarged && header.format === 'jpeg';
      if (isClipped) this.#kernel.clipColours(header.width, header.height);
      const luma = header.components[0];
      const isHalf = (pixels: number | undefined) => !isClipped && pixels === 2;
      const halves = { across: isHalf(luma?.across), down: isHalf(luma?.down) };
      const axes = axesFor(header, turn, plan, interpolation, halvings);
      return this.#scale(header, turn, axes, asRgb ? 'rgb' : halves);
    });
  }

  /** Decoded pixels as a JPEG after `plan`; null if the kernel has too little memory. */
  encodePixels(pixels: Pixels, plan: ResizePlan, interpolation: Interpolation): Buffer | null {
    return this.#use(() => {
      const axes = axesFor(pixels, UPRIGHT, plan, interpolation);
      const { size, across, down } = axes;
      const isGray = pixels.channels === 1;
      const full = fullSize(size, isGray);
      const asRgb = !isGray && reductionFactor(pixels, plan) < 1;
      this.#kernel.reset();
      const whole = { ...size, columns: across.luma(8), rows: down.luma(2), rowsEach: 1 } as const;
      const luma: Channel = { ...whole, background: BACKGROUND.luma };
      const sizes = [full];
      const channels = [luma];
      if (asRgb) {
        channels.push(luma, luma);
        sizes.push(full, full);
      } else if (!isGray) {
        const [columns, rows] = [across.chroma(false, 8), down.chroma(false, 2)];
        const chroma: Channel = { ...half(size), columns, rows, rowsEach: 2, background: BACKGROUND.chroma };
        channels.push(chroma, chroma);
        sizes.push(half(full), half(full));
      }
      const planes = sizes.map(
        ({ width, height }): Plane => ({
          at: this.#kernel.allocate(rowsBytes(width, height)),
          stride: width,
        }),
      );
      scaleBands(this.#kernel, pixels, channels, axes, asRgb, (channel, first) => {
        const { at, stride } = planes[channel] ?? { at: 0, stride: 0 };
        return { at: at + rowsBytes(stride, first), stride };
      });
      for (const [index, { at, stride }] of planes.entries()) {
        const [part, { width, height }] = [channels[index] ?? size, sizes[index] ?? full];
        this.#kernel.extendPlane(at, stride, part.width, part.height, width, height);
      }
      return this.#encode(size, asRgb ? this.#mix(planes, full) : planes);
    });
  }

  /**
   * Decoded pixels after `plan`, with as many channels and bits as before; margins are white. Null if the kernel has too
   * little memory for a row.
   */
  scalePixels<Samples extends Uint8Array | Uint16Array>(
    pixels: Pixels<Samples>,
    plan: ResizePlan,
    interpolation: Interpolation,
  ): Pixels<Samples> | null {
    const { samples, channels } = pixels;
    const axes = axesFor(pixels, UPRIGHT, plan, interpolation);
    const { width, height } = axes.size;
    const scaled = new (samples.constructor as new (length: number) => Samples)(width * height * channels);
    return this.#use(() => {
      scaleExactly(this.#kernel, pixels, axes, scaled);
      return { samples: scaled, width, height, channels };
    });
  }

  #decode(bytes: Uint8Array, header: PlainHeader, halvings: number, asRgb = false): boolean {
    switch (header.format) {
      case 'png':
        return decodePng(this.#kernel, header, asRgb);
      case 'webp':
        return decodeWebp(this.#kernel, header, halvings === CHECK_ONLY);
      case 'jpeg':
        return decodeJpeg(this.#kernel, bytes, header, halvings);
    }
  }

  /** Runs work that uses the kernel; null if the kernel's memory is full. */
  #use<T>(work: () => T): T | null {
    try {
      return work();
    } catch (error) {
      if (isTrap(error)) return null;
      throw error;
    } finally {
      if (this.#kernel.memory.buffer.byteLength > KEPT_BYTES) {
        this.#kernel = this.#load();
        this.#encoder = new JpegEncoder(this.#kernel, this.quality);
      }
    }
  }

  /** @param halves whether chroma has a sample for two pixels in each direction of the source; or the planes are RGB */
  #scale(
    header: PlainHeader,
    { transposed }: Turn,
    { size, across, down }: Axes,
    halves: { readonly across: boolean; readonly down: boolean } | 'rgb',
  ): Buffer {
    // The columns of the source become columns of the result, or its rows.
    const [columns, rows] = transposed ? [down, across] : [across, down];
    const isGray = header.components.length === 1;
    const full = fullSize(size, isGray);
    const levels = LEVELS[header.format === 'webp' ? 'studio' : 'full'];
    const luma = {
      columns: columns.luma(8),
      rows: rows.luma(2, levels.luma.gain),
      ground: levels.luma.ground,
      size,
      full,
      transposed,
    };
    const y = this.#resample(0, luma, BACKGROUND.luma);
    if (isGray) return this.#encode(size, [y]);
    if (halves === 'rgb') {
      const others = [1, 2].map((component) => this.#resample(component, luma, BACKGROUND.luma));
      return this.#encode(size, this.#mix([y, ...others], full));
    }

    const chroma = {
      columns: columns.chroma(halves.across, 8),
      rows: rows.chroma(halves.down, 2, levels.chroma.gain),
      ground: levels.chroma.ground,
      size: half(size),
      full: half(full),
      transposed,
    };
    return this.#encode(size, [
      y,
      this.#resample(1, chroma, BACKGROUND.chroma),
      this.#resample(2, chroma, BACKGROUND.chroma),
    ]);
  }

  /** Turns scaled planes of red, green and blue, in whole MCUs, into luma and chroma. */
  #mix(planes: readonly Plane[], full: Size): readonly Plane[] {
    const kernel = this.#kernel;
    const [red = 0, green = 0, blue = 0] = planes.map(({ at }) => at);
    const { width, height } = half(full);
    const [cb, cr] = [kernel.allocate(rowsBytes(width, height)), kernel.allocate(rowsBytes(width, height))];
    kernel.mixColours(red, green, blue, full.width, full.height, cb, cr);
    const stride = full.width;
    return [
      { at: red, stride },
      { at: cb, stride: width },
      { at: cr, stride: width },
    ];
  }

  #encode(size: Size, [y, cb, cr]: readonly Plane[]): Buffer {
    if (y === undefined) throw new Error('Expected a plane of luma');
    return this.#encoder.encode({ ...size, planes: cb && cr ? [y, cb, cr] : [y] });
  }

  /** Scales the plane of a component, turns it and extends it to `full`, in samples. */
  #resample(component: number, scaling: Scaling, background: number): Plane {
    const kernel = this.#kernel;
    const { columns, rows, ground, size, full, transposed } = scaling;
    const { width, height } = turnedSize(size, { ...UPRIGHT, transposed });
    const at = kernel.allocate(rowsBytes(full.width, full.height));
    // The kernel writes four samples at a time.
    const stride = transposed ? Math.ceil(width / 4) * 4 : full.width;
    const to = transposed ? kernel.allocate(rowsBytes(stride, Math.ceil(height / 8) * 8)) : at;
    const placed = placeWeights(kernel, columns);
    const needed = neededColumns(columns, width);
    const line = { component, columns: placed, needed, width, ground, background };
    scaleRows(kernel, line, placeWeights(kernel, rows), height, to, stride);
    if (transposed) kernel.transposePlane(to, stride, width, height, at, full.width);
    kernel.extendPlane(at, full.width, size.width, size.height, full.width, full.height);
    return { at, stride: full.width };
  }
}

/** How a plane is scaled: weights along the source's columns and rows, and the size of the result. */
interface Scaling {
  readonly columns: Weights;
  readonly rows: Weights;
  /** Level of the background in the source. */
  readonly ground: number;
  readonly size: Size;
  /** Size in whole MCUs. */
  readonly full: Size;
  readonly transposed: boolean;
}

const half = ({ width, height }: Size): Size => ({
  width: Math.ceil(width / 2),
  height: Math.ceil(height / 2),
});

/** Pixels of the source for one of the scaled image, in the direction with fewer. */
function reductionFactor(upright: Size, { scaled }: ResizePlan): number {
  const { width, height } = scaled ?? upright;
  return Math.min(upright.width / width, upright.height / height);
}
