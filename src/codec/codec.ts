import { CHECK_ONLY, decodeJpeg, hasAllPixels } from './decode-jpeg.ts';
import { decodePng } from './decode-png.ts';
import { fullSize, JpegEncoder, type Plane } from './encode-jpeg.ts';
import type { JpegHeader } from './jpeg-header.ts';
import { isTrap, type Kernel, loadKernel } from './kernel-module.ts';
import type { PngHeader } from './png-header.ts';
import {
  type Axis,
  type ChromaSampling,
  ExactWeights,
  type ResampleKernel,
  type Weights,
} from './resample-weights.ts';
import { plannedSize, type ResizePlan, type Size } from './resize-plan.ts';

/** Reduction factors from which the decoder halves a JPEG, and from which it halves it twice. */
const HALVE_FROM = 4;
const QUARTER_FROM = 8;
/** Largest reduction factor after the decoder's halving: beyond it the weights become many and small. */
const MOST_LEFT = 8;
/** The codec replaces a kernel with more memory than this, because WebAssembly memory never shrinks. */
const KEPT_BYTES = 32 * 2 ** 20;
/** Bytes of a sample between the resampler and the encoder. */
const SCALED_BYTES = 2;
/** Colour of the margins: white. */
const BACKGROUND = { luma: 255, chroma: 128 } as const;

/** Header of an image that the codec accepts. */
export type PlainHeader = JpegHeader | PngHeader;

/**
 * Turns a plain JPEG or PNG into a JPEG. The three channels of a JPEG stay as they are stored: the codec scales each
 * plane by itself and never enlarges chroma. The codec refuses unusual and damaged
 * images and very small results; the caller then asks the fallback, sharp.
 */
export class Codec {
  readonly quality: number;
  #kernel: Kernel;
  #encoder: JpegEncoder;

  constructor(quality: number) {
    this.quality = quality;
    this.#kernel = loadKernel();
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

  /** The image as a JPEG, changed as `plan` says; null if the fallback has to decide. */
  convert(bytes: Uint8Array, header: PlainHeader, plan: ResizePlan, kernel: ResampleKernel): Buffer | null {
    return this.#use(() => {
      const scaled = plan.scaled ?? header;
      const factor = Math.min(header.width / scaled.width, header.height / scaled.height);
      const halvings = header.format === 'jpeg' ? halvingsFor(factor) : 0;
      if (halvings === 2 && isProgressive(header)) return null;
      if (factor / 2 ** halvings >= MOST_LEFT) return null;
      if (!this.#decode(bytes, header, halvings)) return null;
      return this.#scale(header, plan, halvings, kernel);
    });
  }

  #decode(bytes: Uint8Array, header: PlainHeader, halvings: number): boolean {
    return header.format === 'png'
      ? decodePng(this.#kernel, header)
      : decodeJpeg(this.#kernel, bytes, header, halvings);
  }

  /** Runs work that uses the kernel; null where the kernel's memory is full. */
  #use<T>(work: () => T): T | null {
    try {
      return work();
    } catch (error) {
      if (isTrap(error)) return null;
      throw error;
    } finally {
      if (this.#kernel.memory.buffer.byteLength > KEPT_BYTES) {
        this.#kernel = loadKernel();
        this.#encoder = new JpegEncoder(this.#kernel, this.quality);
      }
    }
  }

  #scale(header: PlainHeader, plan: ResizePlan, halvings: number, kernel: ResampleKernel): Buffer {
    const scaled = plan.scaled ?? header;
    const size = plannedSize(header, plan);
    const along = (side: 'width' | 'height', edge: 'left' | 'top'): Axis => ({
      pixels: Math.ceil(header[side] / 2 ** halvings),
      step: header[side] / 2 ** halvings / scaled[side],
      scaled: scaled[side],
      origin: plan.crop ? plan.crop[edge] : -(plan.pad?.[edge] ?? 0),
      length: size[side],
      kernel,
    });
    const across = new ExactWeights(along('width', 'left'));
    const down = new ExactWeights(along('height', 'top'));
    const isGray = header.components.length === 1;
    const full = fullSize(size, isGray);
    const y = this.#resample(0, across.luma(8), down.luma(2), size, full, BACKGROUND.luma);
    if (isGray) return this.#encoder.encode({ ...size, planes: [y] });

    const sampling = (factor: number | undefined): ChromaSampling =>
      factor === 1 ? 'full' : halvings === 0 ? 'half' : 'half-flat';
    const columns = across.chroma(sampling(header.components[0]?.across), 8);
    const rows = down.chroma(sampling(header.components[0]?.down), 2);
    const half = (side: Size): Size => ({
      width: Math.ceil(side.width / 2),
      height: Math.ceil(side.height / 2),
    });
    const chroma = (component: number) =>
      this.#resample(component, columns, rows, half(size), half(full), BACKGROUND.chroma);
    return this.#encoder.encode({ ...size, planes: [y, chroma(1), chroma(2)] });
  }

  /** Scales the plane of a component and extends it to `full`, in samples. */
  #resample(
    component: number,
    columns: Weights,
    rows: Weights,
    { width, height }: Size,
    full: Size,
    background: number,
  ): Plane {
    const kernel = this.#kernel;
    let [from, until] = [Number.POSITIVE_INFINITY, 0];
    for (let column = 0; column < width; column++) {
      const start = columns.starts[column] ?? 0;
      from = Math.min(from, start & ~7);
      until = Math.max(until, start + columns.taps);
    }
    const at = kernel.allocate(full.width * full.height * SCALED_BYTES);
    kernel.resample(
      kernel.planeOf(component),
      kernel.strideOf(component),
      kernel.allocate(until * 2),
      from,
      until,
      this.#place(rows.starts),
      this.#place(rows.weights),
      rows.taps,
      height,
      this.#place(columns.starts),
      this.#place(columns.weights),
      columns.taps,
      width,
      at,
      full.width,
      background,
    );
    kernel.extendPlane(at, full.width, width, height, full.width, full.height);
    return { at, stride: full.width };
  }

  #place({ buffer, byteOffset, byteLength }: Int16Array | Int32Array): number {
    const at = this.#kernel.allocate(byteLength);
    new Uint8Array(this.#kernel.memory.buffer, at, byteLength).set(
      new Uint8Array(buffer, byteOffset, byteLength),
    );
    return at;
  }
}

/** In a progressive JPEG every scan must be read and kept, so no coefficients can be skipped. */
const isProgressive = (header: PlainHeader): boolean => header.format === 'jpeg' && header.progressive;

function halvingsFor(factor: number): 0 | 1 | 2 {
  if (factor < HALVE_FROM) return 0;
  return factor < QUARTER_FROM ? 1 : 2;
}
