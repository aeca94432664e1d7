/** Replaces a secret. */
const MASK = '***';

/** Parts of parameter names that mark a secret, between non-letters: `sig`, `Key-Pair-Id`, but not `monkey`. */
const SECRET_PARTS =
  /(?:^|[^a-z])(?:sig|key|sv|se|sp|st|sr|spr|skoid|sktid|skt|ske|sks|skv|pwd|pass|policy|hdnts|hdnea|hmac|jwt|x-amz-.*|x-goog-.*)(?:$|[^a-z])/;
/** Words that mark a secret anywhere in a name. */
const SECRET_WORDS =
  /signature|token|secret|auth|credential|expires|password|passwd|session|apikey|accesskey|privatekey/;

/** The name of a parameter. If a parameter holds a URL, the delimiters inside it may be escaped. */
const NAME = /(?:[?&;#]|%3f|%26|%3b|%23)([^=&;#? "<>]{1,256}?)(?:=|%3d)/gi;

/** Where a secret ends: in a text that is only a URL, or in a text that contains URLs. */
interface Extent {
  /** User name, password and host after the slashes of any scheme. `http:\user@host` is also a URL. */
  readonly authority: RegExp;
  readonly value: RegExp;
}

const WHOLE: Extent = {
  authority: /(\/\/|https?:[/\\]{0,8})([^/\\?#]+)/gi,
  value: /[^&#]*/y,
};
const WITHIN: Extent = {
  authority: /(\/\/|https?:[/\\]{0,8})([^ /\\?#"<>]+)/gi,
  // A quotation mark may belong to the secret; the next character decides.
  value: /(?:[^&# "<>']|'(?![\s,;:.)\]]|$))*/y,
};

/**
 * A URL, or text meant as one, without its secrets: `***` replaces user name and password and the values of
 * parameters that sign, authorise or identify.
 */
export function redactUrl(url: string): string {
  // Tabs and line breaks are not part of a URL: parsers drop them, even inside a parameter's name.
  return redact(url.replace(/[\t\n\r]/g, ''), WHOLE);
}

/** Any text, with the secrets of the URLs in it replaced in the same way. */
export function redactUrls(text: string): string {
  return redact(text, WITHIN);
}

function redact(text: string, { authority, value }: Extent): string {
  const anonymous = text.replace(authority, (_whole, slashes: string, rest: string) => {
    const at = rest.lastIndexOf('@');
    return slashes + (at === -1 ? rest : MASK + rest.slice(at));
  });
  let redacted = '';
  let copied = 0;
  for (const match of anonymous.matchAll(NAME)) {
    const [whole, name = ''] = match;
    if (match.index < copied || !isSecret(name)) continue;
    const start = match.index + whole.length;
    value.lastIndex = start;
    value.test(anonymous);
    redacted += anonymous.slice(copied, start) + MASK;
    copied = Math.max(start, value.lastIndex);
  }
  return redacted + anonymous.slice(copied);
}

function isSecret(name: string): boolean {
  const plain = decode(name).toLowerCase();
  return SECRET_PARTS.test(plain) || SECRET_WORDS.test(plain.replace(/[^a-z]/g, ''));
}

function decode(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}
