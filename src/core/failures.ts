/** The stage of a row's life in which a failure occurs. */
export type FailureStage = 'index' | 'address' | 'connect' | 'http' | 'transfer' | 'rights' | 'image';

/** img2dataset's two failure statuses, which the `status` column keeps. */
export type FailureStatus = 'failed_to_download' | 'failed_to_resize';

interface FailureKind {
  readonly stage: FailureStage;
  /** Whether a later attempt of the same run may succeed. */
  readonly retry: boolean;
  /** One line for the user. It becomes the row's `error_message` unless the failure has a more exact text. */
  readonly summary: string;
}

const never = (stage: FailureStage, summary: string): FailureKind => ({ stage, retry: false, summary });
const later = (stage: FailureStage, summary: string): FailureKind => ({ stage, retry: true, summary });

/**
 * Everything that can go wrong with one row of the index. Retry policy, statistics, reports and documentation all read
 * this table. Codes are part of the output format: the `failure_code` column holds them, and their meaning never changes.
 */
export const FAILURES = {
  bad_row: never('index', 'the row could not be read from the index'),
  url_missing: never('index', 'the row has no URL'),
  url_invalid: never(
    'index',
    'the URL cannot be parsed (--base-url completes relative URLs), or has control characters',
  ),
  url_scheme: never('index', 'the URL is neither http nor https'),
  url_too_long: never('index', 'the URL is longer than 8 KiB; only the first 8 KiB are kept'),
  caption_too_long: never('index', 'the caption is longer than 64 KiB; only the first 64 KiB are kept'),
  key_invalid: never('index', 'the value of --key-col cannot name files'),
  key_repeated: never(
    'index',
    'an earlier row has the same key; name a column of --key-col whose values differ, or none',
  ),
  image_missing: never('index', 'the sample in the tar has no image, or the tar ends within it'),
  duplicate_url: never('index', 'an earlier row has the same URL; duplicate_of names it'),

  port_refused: never('address', 'the port is not in --ports'),
  address_refused: never('address', 'the address is private or reserved; --allow-private can allow it'),
  dns_not_found: never('address', 'the host name does not exist'),
  dns_failed: later('address', 'the name server could not answer'),
  dns_timeout: later('address', 'the name server did not answer in time'),

  connect_refused: later('connect', 'the host refused the connection'),
  connect_timeout: later('connect', 'the host did not accept the connection in time'),
  connect_unreachable: later('connect', 'there is no route to the host'),
  proxy_failed: later('connect', 'the proxy cannot be used'),
  proxy_refused: later('connect', 'the proxy could not connect to the host'),
  host_dead: never('connect', 'no complete answer to several URLs in a row; skipped for 30 minutes'),
  tls_certificate: never('connect', 'the TLS certificate is not valid for the host'),
  tls_failed: never('connect', 'the TLS handshake failed'),

  http_400: never('http', 'HTTP Error 400: Bad Request'),
  http_401: never('http', 'HTTP Error 401: Unauthorized'),
  http_403: never('http', 'HTTP Error 403: Forbidden'),
  http_404: never('http', 'HTTP Error 404: Not Found'),
  http_408: later('http', 'HTTP Error 408: Request Timeout'),
  http_410: never('http', 'HTTP Error 410: Gone'),
  http_425: later('http', 'HTTP Error 425: Too Early'),
  http_429: later('http', 'HTTP Error 429: Too Many Requests'),
  host_throttled: never('http', '429 or 503 for longer than a run waits; skipped'),
  http_451: never('http', 'HTTP Error 451: Unavailable For Legal Reasons'),
  http_4xx: never('http', 'another client error (HTTP 4xx)'),
  http_500: later('http', 'HTTP Error 500: Internal Server Error'),
  http_502: later('http', 'HTTP Error 502: Bad Gateway'),
  http_503: later('http', 'HTTP Error 503: Service Unavailable'),
  http_504: later('http', 'HTTP Error 504: Gateway Timeout'),
  http_52x: later('http', 'the server behind a CDN failed (HTTP 520 to 524, 529)'),
  http_5xx: never('http', 'another server error (HTTP 5xx)'),
  http_status: never('http', 'an HTTP status without an image'),
  redirect_invalid: never('http', 'a redirect without a usable URL'),
  redirect_limit: never('http', 'more than 10 redirects'),

  timeout: later(
    'transfer',
    'the host did not send its headers, or the next part of the body, within --timeout',
  ),
  deadline: later('transfer', 'the download took longer than --deadline, or was too slow to finish in time'),
  connection_reset: later('transfer', 'the host closed the connection early'),
  network_error: later('transfer', 'another network error'),
  body_truncated: later('transfer', 'the body is shorter or longer than declared'),
  body_empty: never('transfer', 'the body is empty'),
  body_too_large: never('transfer', 'the body is larger than --max-bytes'),
  body_too_small: never('transfer', 'the body is smaller than --min-bytes'),
  headers_too_large: never('transfer', 'the headers are larger than 64 KiB, or more than 256'),
  http_malformed: never('transfer', 'the answer is not valid HTTP'),
  encoding_invalid: never(
    'transfer',
    'the content encoding is unknown, broken, more than 4 deep, or a decompression bomb',
  ),
  hash_mismatch: never('transfer', 'hash mismatch'),

  removed: never('rights', 'taken out of the dataset, on request or because its owner has since said no'),
  deny_list: never('rights', 'the URL, the host or the image is in --deny-list'),
  robots_disallowed: never('rights', 'robots.txt disallows the URL'),
  robots_unreachable: later('rights', 'robots.txt cannot be fetched, so that nothing of the host may be'),
  optout_robots: never('rights', 'robots.txt reserves the image from training'),
  optout_license: never(
    'rights',
    'a licence named by robots.txt or a header does not allow training, or was not read (RSL)',
  ),
  optout_tdmrep: never('rights', 'tdmrep.json of the site reserves the image from text and data mining'),
  optout_ai_txt: never('rights', '/ai.txt disallows the URL'),
  optout_x_robots: never('rights', 'Use of image disallowed by X-Robots-Tag directive'),
  license_refused: never('rights', 'its licence is not among those of --license'),
  license_unknown: never(
    'rights',
    'neither the index nor the image names a licence that --license could match',
  ),
  optout_header: never('rights', 'a header of the answer reserves the image from training'),
  optout_metadata: never('rights', 'metadata in the image reserve it from training'),
  optout_c2pa: never('rights', 'a C2PA manifest in the image does not allow training'),

  image_unknown: never('image', 'not an image in a supported format'),
  image_undecodable: never('image', 'Image decoding error'),
  image_too_many_pixels: never('image', 'the image has too many pixels, or a side that is too long'),
  image_too_many_pages: never('image', 'the animation has too many frames'),
  image_too_many_scans: never('image', 'the JPEG has more than 100 scans'),
  image_too_small: never('image', 'image too small'),
  image_area_too_large: never('image', 'image area too large'),
  image_aspect_ratio: never('image', 'aspect ratio too large'),
  image_unencodable: never('image', 'the resized image cannot be encoded in the requested format'),
  decoder_killed: never('image', 'decoding the image exceeded the time or memory limit twice'),
  decoder_crashed: never('image', 'the decoder crashed on this image twice'),
} as const satisfies Record<string, FailureKind>;

export type FailureCode = keyof typeof FAILURES;

/** img2dataset's status for a failure. A failure of the image itself is `failed_to_resize`. */
export function failureStatus(code: FailureCode): FailureStatus {
  return FAILURES[code].stage === 'image' ? 'failed_to_resize' : 'failed_to_download';
}

/**
 * Whether a later run may turn the failure into an image: it may be temporary, or the row failed only because other rows
 * of its host had failed.
 */
export function isHealable(code: FailureCode): boolean {
  return FAILURES[code].retry || code === 'host_dead' || code === 'host_throttled';
}

export function isFailureCode(text: string): text is FailureCode {
  return Object.hasOwn(FAILURES, text);
}
