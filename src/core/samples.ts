import type { Value } from './columns.ts';
import type { FailureCode } from './failures.ts';

declare const brand: unique symbol;

/** Number of a shard in the dataset, from 0. */
export type ShardId = number & { readonly [brand]: 'ShardId' };
/** Zero-padded decimal name of a sample, unique in the dataset; see `shards/names.ts`. */
export type SampleKey = string & { readonly [brand]: 'SampleKey' };
/** Lower-case host name (punycode) or address literal of a URL. */
export type HostKey = string & { readonly [brand]: 'HostKey' };

/** A selected row of the index. */
export interface SampleRow {
  /** Verbatim, also when it is missing or no URL at all; cut where `tooLong` says so. */
  readonly url: string | null;
  /** Null where the row has none, or where the index has no caption column. */
  readonly caption: string | null;
  /** Values of the carried columns, in the order of the dataset's columns. */
  readonly values: readonly Value[];
  /** Lower-case hexadecimal digest the body must have; only with `--verify-hash`. */
  readonly expectedHash?: string | null;
  /** Regions to blur, each [x_min, y_min, x_max, y_max] in 0..1; only with `--bbox-col`. */
  readonly boxes?: readonly (readonly number[])[] | null;
  /** An earlier row with the same URL; only with `--dedupe url`. The row ends as `duplicate_url`. */
  readonly duplicateOf?: SampleKey;
  /** The URL or the caption was longer than taken, and is cut; the row then ends so. */
  readonly tooLong?: 'url_too_long' | 'caption_too_long';
  /** Why the row could not be read from its file ("line 12: ..."); the row then ends as `bad_row`. */
  readonly unreadable?: string;
}

/** What the network said about a row; null where it was never asked. */
export interface FetchFacts {
  readonly httpStatus: number | null;
  /** Address that answered last, after redirects. */
  readonly finalUrl: string | null;
  /** Attempts made, redirects not counted; 0 where the row was refused without asking. */
  readonly attempts: number;
  /** Length of the body in bytes, before decoding. */
  readonly bytes: number | null;
  /** Media type by the bytes' signature (`image/jpeg`), else the lower-cased Content-Type without parameters. */
  readonly mimeType: string | null;
  /** End of the last attempt, milliseconds since 1970. */
  readonly fetchedAt: number | null;
}

/** A picture ready to be written, with its sizes in pixels. Sizes are null only when nothing was decoded. */
export interface EncodedImage {
  readonly bytes: Uint8Array;
  /** File extension without a dot: jpg, png, webp; with `--encode-format original` also gif, avif. */
  readonly extension: string;
  readonly width: number | null;
  readonly height: number | null;
  readonly originalWidth: number | null;
  readonly originalHeight: number | null;
  /** JSON text of the EXIF tags; null when not asked for. */
  readonly exif: string | null;
  /** Lower-case hexadecimal digest of the bytes as they were downloaded; null when not asked for. */
  readonly hash: string | null;
}

export interface Success {
  readonly ok: true;
  readonly image: EncodedImage;
  readonly fetch: FetchFacts;
}

export interface Failure {
  readonly ok: false;
  readonly code: FailureCode;
  /** `error_message` of the row: the table's summary or a closer text out of a closed set, never a server's words. */
  readonly message: string;
  readonly fetch: FetchFacts;
}

/** The one outcome that each row of the index ends as. */
export type SampleResult = Success | Failure;
