/** Numbers of images by intervals of a value, or by a word. */
export interface Distribution {
  readonly title: string;
  /** What a number of the intervals means: "pixels". Absent for words. */
  readonly unit?: 'pixels' | 'bytes' | 'ratio' | 'characters';
  readonly bins: readonly Bin[];
  /** Images without the value. */
  readonly unknown: number;
}

/** `from` included, `to` not; `to` is null for the last. Words have only a label. */
export interface Bin {
  readonly label?: string;
  readonly from?: number;
  readonly to?: number | null;
  readonly count: number;
}

/** What distributions are made of; null where it is not known. */
export interface ImageFacts {
  readonly originalWidth: number | null;
  readonly originalHeight: number | null;
  readonly width: number | null;
  readonly height: number | null;
  readonly bytes: number | null;
  readonly mimeType: string | null;
  /** Null for no caption. */
  readonly captionLength: number | null;
}

const PIXELS = [0, 64, 128, 192, 256, 384, 512, 768, 1024, 1536, 2048, 3072, 4096, 6144, 8192] as const;
const BYTES = [0, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384].map((kib) => kib * 1024);
const RATIOS = [0, 1 / 3, 0.5, 0.6, 0.7, 0.8, 0.95, 1.05, 1.25, 1.4, 1.65, 2, 3] as const;
const CHARACTERS = [1, 10, 20, 30, 40, 50, 75, 100, 150, 200, 300, 500, 1000] as const;
/** Words that are listed; the others count together. */
const MOST_WORDS = 8;
/** Different words that are counted; servers may send any. */
const MOST_COUNTED = 1_000;

/** Counts images by size, format, aspect ratio and caption, in bounded memory. */
export class Distributions {
  readonly #original = new Intervals(PIXELS);
  readonly #stored = new Intervals(PIXELS);
  readonly #bytes = new Intervals(BYTES);
  readonly #ratios = new Intervals(RATIOS);
  readonly #captions = new Intervals(CHARACTERS);
  readonly #formats = new Map<string, number>();
  #withoutFormat = 0;

  add(image: ImageFacts): void {
    const { originalWidth, originalHeight, width, height, mimeType } = image;
    this.#original.add(longer(originalWidth, originalHeight));
    this.#stored.add(longer(width, height));
    this.#bytes.add(image.bytes);
    this.#ratios.add(originalWidth === null || !originalHeight ? null : originalWidth / originalHeight);
    this.#captions.add(image.captionLength);
    const format = mimeType?.split(';', 1)[0]?.trim().toLowerCase() ?? '';
    if (format === '') this.#withoutFormat += 1;
    else {
      const word = this.#formats.has(format) || this.#formats.size < MOST_COUNTED ? format : OTHERS;
      this.#formats.set(word, (this.#formats.get(word) ?? 0) + 1);
    }
  }

  /** `hasCaptions`: whether the dataset has captions at all. */
  result(hasCaptions: boolean): readonly Distribution[] {
    return [
      { title: 'Longer side of the original', unit: 'pixels', ...this.#original.result },
      { title: 'Longer side as stored', unit: 'pixels', ...this.#stored.result },
      { title: 'Aspect ratio, width to height', unit: 'ratio', ...this.#ratios.result },
      { title: 'Size of the download', unit: 'bytes', ...this.#bytes.result },
      { title: 'Format of the download', bins: this.#words(), unknown: this.#withoutFormat },
      ...(hasCaptions
        ? [{ title: 'Length of the caption', unit: 'characters', ...this.#captions.result } as const]
        : []),
    ];
  }

  #words(): Bin[] {
    const sorted = [...this.#formats]
      .filter(([word]) => word !== OTHERS)
      .sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
    const others = sorted.slice(MOST_WORDS).reduce((sum, [, count]) => sum + count, 0);
    const rest = others + (this.#formats.get(OTHERS) ?? 0);
    const bins = sorted.slice(0, MOST_WORDS).map(([label, count]) => ({ label, count }));
    return rest === 0 ? bins : [...bins, { label: OTHERS, count: rest }];
  }
}

const OTHERS = 'others';

const longer = (width: number | null, height: number | null): number | null =>
  width === null || height === null ? null : Math.max(width, height);

class Intervals {
  readonly #edges: readonly number[];
  readonly #counts: number[];
  #unknown = 0;

  constructor(edges: readonly number[]) {
    this.#edges = edges;
    this.#counts = edges.map(() => 0);
  }

  add(value: number | null): void {
    const at = value === null ? -1 : this.#edges.findLastIndex((edge) => edge <= value);
    if (at === -1) this.#unknown += 1;
    else this.#counts[at] = (this.#counts[at] ?? 0) + 1;
  }

  get result(): Pick<Distribution, 'bins' | 'unknown'> {
    const bins = this.#counts.map((count, at) => ({
      from: this.#edges[at] ?? 0,
      to: this.#edges[at + 1] ?? null,
      count,
    }));
    return { bins, unknown: this.#unknown };
  }
}
