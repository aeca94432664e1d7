import type { Value } from './columns.ts';
import type { EmbeddedRights } from './embedded-rights.ts';
import type { FailureCode } from './failures.ts';

declare const brand: unique symbol;

/** Number of a shard in the dataset, from 0. */
export type ShardId = number & { readonly [brand]: 'ShardId' };
/** Name of a sample, unique in the dataset: a zero-padded number (see `shards/names.ts`) or, with `--key-col`, a text. */
export type SampleKey = string & { readonly [brand]: 'SampleKey' };
/** Lower-case host name (punycode) or address literal of a URL. */
export type HostKey = string & { readonly [brand]: 'HostKey' };

/** A selected row of the index. */
export interface SampleRow {
  /** Verbatim, even if it is missing or not a URL; cut if `tooLong` says so. */
  readonly url: string | null;
  /** Null if the row has no caption or the index has no caption column. */
  readonly caption: string | null;
  /** The different captions of all rows with this URL, in their order; only with `--duplicates merge`. */
  readonly captions?: readonly string[];
  /** Values of the carried columns, in the order of the dataset's columns. */
  readonly values: readonly Value[];
  /** Lower-case hexadecimal digest the body must have; only with `--verify-hash`. */
  readonly expectedHash?: string | null;
  /** Regions to blur, each [x_min, y_min, x_max, y_max] in 0..1; only with `--bbox-col`. */
  readonly boxes?: readonly (readonly number[])[] | null;
  /** The image itself, only with `--from-tar`; null if the sample in the tar has none. */
  readonly image?: HeldImage | null;
  /** An earlier row with the same URL; only with `--dedupe url`. The row ends as `duplicate_url`. */
  readonly duplicateOf?: SampleKey;
  /** What the sample is called; only with `--key-col`, and only if the value is a key that no earlier row has. */
  readonly key?: SampleKey;
  /** Name of the folder for its files within that of the shard; only with `--subfolder-col`. */
  readonly subfolder?: string;
  /** Why the row has no key. The row then ends with this failure. */
  readonly keyFailure?: KeyFailure;
  /** What its columns say about its licence; only with `--license`. `refused` ends it, `open` leaves it to the image. */
  readonly licence?: 'granted' | 'refused' | 'open';
  /** Set if the URL or the caption exceeded its limit and was cut. The row then ends with this failure code. */
  readonly tooLong?: 'url_too_long' | 'caption_too_long';
  /** Why the row could not be read from its file ("line 12: ..."). The row then ends as `bad_row`. */
  readonly unreadable?: string;
}

/** An image that the index itself holds, not read yet. Stored with its row, it is without `read`. */
export interface HeldImage {
  /** Its length. */
  readonly bytes: number;
  /** Whether its file ends within it. */
  readonly isCut: boolean;
  /** @throws UserError when the file cannot be read any more */
  read(): Promise<Buffer>;
}

/** `message`: one of a closed set of texts, the `error_message` of the row. */
export interface KeyFailure {
  readonly code: 'key_invalid' | 'key_repeated';
  readonly message: string;
}

/** What the network reported about a row; null if no request was made. */
export interface FetchFacts {
  readonly httpStatus: number | null;
  /** URL that answered last, after redirects. */
  readonly finalUrl: string | null;
  /** Number of attempts, without redirects; 0 if the row was refused before any request. */
  readonly attempts: number;
  /** Length of the body in bytes, before decoding. */
  readonly bytes: number | null;
  /** Media type from the signature of the bytes (`image/jpeg`), or else the lower-case Content-Type without parameters. */
  readonly mimeType: string | null;
  /** End of the last attempt, milliseconds since 1970. */
  readonly fetchedAt: number | null;
  /** What was said about the use of the image on the way, if anything was. */
  readonly signals?: readonly FetchSignal[];
}

/** A `RightsSignal` of `core/rights/`, which says what its values mean. */
export interface FetchSignal {
  readonly mechanism: string;
  readonly scope: string;
  readonly raw: string;
  readonly verdict: 'deny' | 'allow' | 'unknown' | 'record';
  readonly source: string | null;
  readonly at: number | null;
  readonly sha256?: string;
}

/** An image ready to be written, with its sizes in pixels. Sizes are null only if nothing was decoded. */
export interface EncodedImage {
  readonly bytes: Uint8Array;
  /** File extension without a dot: jpg, png, webp; with `--encode-format original` also gif, avif. */
  readonly extension: string;
  readonly width: number | null;
  readonly height: number | null;
  readonly originalWidth: number | null;
  readonly originalHeight: number | null;
  /** JSON text of the EXIF tags; null if not requested. */
  readonly exif: string | null;
  /** Lower-case hexadecimal digest of the downloaded bytes; null if not requested. */
  readonly hash: string | null;
}

export interface Success {
  readonly ok: true;
  readonly image: EncodedImage;
  readonly fetch: FetchFacts;
  /** Rights metadata of the downloaded image, if it has any. */
  readonly embedded?: EmbeddedRights;
}

export interface Failure {
  readonly ok: false;
  readonly code: FailureCode;
  /** `error_message` of the row: the summary in `FAILURES` or a more exact text from a closed set, never a server's text. */
  readonly message: string;
  readonly fetch: FetchFacts;
  /** Rights metadata of the downloaded bytes, if they have any. */
  readonly embedded?: EmbeddedRights;
}

/** The final outcome of a row. Every row of the index has exactly one. */
export type SampleResult = Success | Failure;

/** A machine's part of the shards of a run: the `index`-th, from 0, of `count`. */
export interface MachinePart {
  readonly index: number;
  readonly count: number;
}
