/**
 * How samples become others. `area`: the mean of the area that a sample covers. `nearest`: the sample at its upper left
 * corner, as OpenCV takes it. The others weigh the samples around its centre.
 */
export type Interpolation = 'nearest' | 'linear' | 'cubic' | 'area' | 'lanczos';

export type WeighingKernel = Exclude<Interpolation, 'nearest' | 'area'>;

/** Pixels of the coarser image that a kernel reaches in each direction. */
export const RADIUS: Readonly<Record<WeighingKernel, number>> = { linear: 1, cubic: 2, lanczos: 4 };

/** Values of a kernel for `count` pixels, the first of them at `distance`. Valid until the next call. */
export type Sampler = (distance: number, count: number) => Float64Array;

/** `step` is the number of pixels of the source for one pixel of the result. */
export function sampler(kernel: WeighingKernel, step: number): Sampler {
  const scale = 1 / Math.max(1, step);
  const values = new Float64Array(2 * Math.ceil(RADIUS[kernel] / scale) + 2);
  if (kernel === 'lanczos') return lanczosSampler(scale, values);
  const at = kernel === 'linear' ? (x: number) => Math.max(0, 1 - x) : cubic(step < 1 ? -0.75 : -0.5);
  return (distance, count) => {
    for (let tap = 0; tap < count; tap++) values[tap] = at(Math.abs(distance + tap) * scale);
    return values;
  };
}

/**
 * The cubic whose slope at 1 is `a`. OpenCV enlarges with -0.75. It has no kernel that reduces by weighing all pixels;
 * libvips and Pillow reduce with -0.5.
 */
function cubic(a: number): (x: number) => number {
  return (x) => {
    if (x >= 2) return 0;
    return x < 1 ? ((a + 2) * x - (a + 3)) * x * x + 1 : ((a * x - 5 * a) * x + 8 * a) * x - 4 * a;
  };
}

/** sinc(x) sinc(x / 4). The angles are equally spaced, so each sine follows from the one before by a rotation. */
function lanczosSampler(scale: number, values: Float64Array): Sampler {
  const angle = (Math.PI / 4) * scale;
  const [turnCos, turnSin] = [Math.cos(angle), Math.sin(angle)];
  return (distance, count) => {
    let x = distance * scale;
    let sin = Math.sin((Math.PI / 4) * x);
    let cos = Math.cos((Math.PI / 4) * x);
    for (let tap = 0; tap < count; tap++) {
      x = (distance + tap) * scale;
      // With sin(4a) = 4 sin(a) cos(a) (1 - 2 sin(a)^2), the weight is the product of both sines divided by x squared.
      const weight = (16 * sin * sin * cos * (1 - 2 * sin * sin)) / (Math.PI * Math.PI * x * x);
      values[tap] = Math.abs(x) < 1e-6 ? 1 : Math.abs(x) < 4 ? weight : 0;
      [sin, cos] = [sin * turnCos + cos * turnSin, cos * turnCos - sin * turnSin];
    }
    return values;
  };
}
