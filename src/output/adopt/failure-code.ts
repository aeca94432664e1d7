import { type FailureCode, isFailureCode } from '../../core/failures.ts';

/** Parts of Python's messages for failed downloads, first match first. */
const DOWNLOAD: readonly (readonly [RegExp, FailureCode])[] = [
  [/^hash mismatch$/, 'hash_mismatch'],
  [/X-Robots-Tag/, 'optout_x_robots'],
  [/unknown url type|no host given/, 'url_scheme'],
  [/Name or service not known|nodename nor servname|No address associated/, 'dns_not_found'],
  [/name resolution/, 'dns_failed'],
  [/CERTIFICATE_VERIFY_FAILED/, 'tls_certificate'],
  [/timed out/, 'timeout'],
  [/Connection refused/, 'connect_refused'],
  [/unreachable|No route to host/, 'connect_unreachable'],
  [/reset by peer|closed connection without response/, 'connection_reset'],
  [/IncompleteRead/, 'body_truncated'],
  [/SSL/, 'tls_failed'],
];

const RESIZE: Readonly<Record<string, FailureCode>> = {
  'image too small': 'image_too_small',
  'image area too large': 'image_area_too_large',
  'aspect ratio too large': 'image_aspect_ratio',
};

/** The failure code for a row that img2dataset failed to download or to resize; null for an unknown status. */
export function failureCodeOf(status: string | null, message: string | null): FailureCode | null {
  const text = message ?? '';
  if (status === 'failed_to_resize') return RESIZE[text] ?? 'image_undecodable';
  if (status !== 'failed_to_download') return null;
  const http = /^HTTP Error (\d{3})/.exec(text)?.[1];
  if (http !== undefined) return httpCode(http);
  return DOWNLOAD.find(([pattern]) => pattern.test(text))?.[1] ?? 'network_error';
}

function httpCode(status: string): FailureCode {
  const code = `http_${status}`;
  if (isFailureCode(code)) return code;
  if (/^52[0-49]$/.test(status)) return 'http_52x';
  return status.startsWith('4') ? 'http_4xx' : status.startsWith('5') ? 'http_5xx' : 'http_status';
}
