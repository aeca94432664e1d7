import type { Attribution } from '../../core/embedded-rights.ts';

/** Who made an image and under which licence, as the columns of the index say it. */
export interface IndexCredit {
  readonly creator: string | null;
  readonly title: string | null;
  /** Page of the image. */
  readonly page: string | null;
  /** Identifiers of the licences, as alternatives; empty if none was recognised. */
  readonly licences: readonly string[];
  /** What the index says about the licence, verbatim. */
  readonly licenceText: string | null;
}

/** The same as the metadata in the image say it: XMP, IPTC, EXIF. */
export interface ImageCredit extends Attribution {
  readonly licences: readonly string[];
}

/** Where something was said. */
export type CreditSource = 'index' | 'image';

/** What both say. Where they differ, the index counts, because `--license` has it decide, too. */
export interface Credit {
  readonly creator: string | null;
  readonly creatorSource: CreditSource | null;
  readonly licences: readonly string[];
  readonly licenceSource: CreditSource | null;
  readonly index: IndexCredit;
  readonly image: ImageCredit;
}

export function combineCredits(index: IndexCredit, image: ImageCredit): Credit {
  const creatorSource = index.creator !== null ? 'index' : image.creator !== null ? 'image' : null;
  const licenceSource = index.licences.length > 0 ? 'index' : image.licences.length > 0 ? 'image' : null;
  return {
    creator: index.creator ?? image.creator,
    creatorSource,
    licences: licenceSource === 'index' ? index.licences : image.licences,
    licenceSource,
    index,
    image,
  };
}

/** Whether index and image name licences of which none is the same. */
export const licencesDiffer = ({ index, image }: Credit): boolean =>
  index.licences.length > 0 &&
  image.licences.length > 0 &&
  !image.licences.some((id) => index.licences.includes(id));
