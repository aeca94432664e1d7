import sharp from 'sharp';

/**
 * The sizes of LAION-400M's images follow a log-normal distribution. Median in pixels and sigma of the shorter and of
 * the longer side are fitted to the counts that its makers published.
 */
const SHORTER = { median: 261, sigma: 0.684 };
const LONGER = { median: 334, sigma: 0.7 };
/** Middles of twelve equal parts of the normal distribution, in standard deviations. */
const QUANTILES = [-1.732, -1.15, -0.812, -0.549, -0.319, -0.105, 0.105, 0.319, 0.549, 0.812, 1.15, 1.732];

/** Mean area of LAION's images in that distribution: 227,000 pixels. */
export const LAION_MEAN_PIXELS =
  SHORTER.median * LONGER.median * Math.exp((SHORTER.sigma + LONGER.sigma) ** 2 / 2);

/** Twelve JPEGs that cost about as much as photographs of LAION's sizes, scaled to a mean area in pixels. */
export async function makeSampleImages(meanPixels: number): Promise<Buffer[]> {
  const sides = QUANTILES.map((z): [number, number] => [
    LONGER.median * Math.exp(LONGER.sigma * z),
    SHORTER.median * Math.exp(SHORTER.sigma * z),
  ]);
  const area = sides.reduce((sum, [width, height]) => sum + width * height, 0) / sides.length;
  const scale = Math.sqrt(meanPixels / area);
  const images: Buffer[] = [];
  for (const [width, height] of sides) images.push(await makeImage(pixels(width), pixels(height)));
  return images;

  function pixels(side: number): number {
    return Math.max(1, Math.round(side * scale));
  }
}

/** Soft clouds under finer grain: 2.0 bits per pixel as JPEG, the mean of the web. */
async function makeImage(width: number, height: number): Promise<Buffer> {
  const grain = await noise(width / 4, height / 4, 30);
  const clouds = await noise(width / 16, height / 16, 60);
  const fine = await enlarge(grain).png({ compressionLevel: 0 }).toBuffer();
  return enlarge(clouds)
    .composite([{ input: fine, blend: 'overlay' }])
    .jpeg({ quality: 85 })
    .toBuffer();

  function enlarge(input: Buffer) {
    return sharp(input).resize(width, height, { fit: 'fill', kernel: 'cubic' });
  }
}

function noise(width: number, height: number, sigma: number): Promise<Buffer> {
  const create = {
    width: Math.ceil(width),
    height: Math.ceil(height),
    channels: 3,
    background: '#808080',
    noise: { type: 'gaussian', mean: 128, sigma },
  } as const;
  return sharp({ create }).png({ compressionLevel: 0 }).toBuffer();
}
