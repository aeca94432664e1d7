/** What stands in place of a secret. */
const MASK = '***';

/** Names of parameters with a secret in them, as a part between other signs: `sig`, `Key-Pair-Id`, but not `monkey`. */
const SECRET_PARTS =
  /(?:^|[^a-z])(?:sig|key|sv|se|sp|st|sr|spr|skoid|sktid|skt|ske|sks|skv|pwd|pass|policy|hdnts|hdnea|hmac|jwt|x-amz-.*|x-goog-.*)(?:$|[^a-z])/;
/** The same wherever they stand in the name. */
const SECRET_WORDS =
  /signature|token|secret|auth|credential|expires|password|passwd|session|apikey|accesskey|privatekey/;

/** The name of a parameter; inside of a parameter that is a URL itself, its signs may be escaped. */
const NAME = /(?:[?&;#]|%3f|%26|%3b|%23)([^=&;#? "<>]{1,256}?)(?:=|%3d)/gi;

/** How far secrets go in a text that is nothing but a URL, and how far in one that has URLs in it. */
interface Extent {
  /** User name, password and host, behind the slashes of any scheme; `http:\user@host` is a URL, too. */
  readonly authority: RegExp;
  readonly value: RegExp;
}

const WHOLE: Extent = {
  authority: /(\/\/|https?:[/\\]{0,8})([^/\\?#]+)/gi,
  value: /[^&#]*/y,
};
const WITHIN: Extent = {
  authority: /(\/\/|https?:[/\\]{0,8})([^ /\\?#"<>]+)/gi,
  // A quotation mark may belong to the secret; what follows tells.
  value: /(?:[^&# "<>']|'(?![\s,;:.)\]]|$))*/y,
};

/**
 * A URL, or what should be one, without its secrets: `***` stands for user name and password and for the values of
 * parameters that sign, open or identify.
 */
export function redactUrl(url: string): string {
  // Tabs and line breaks are no part of a URL: parsers drop them, also within a name that is looked for here.
  return redact(url.replace(/[\t\n\r]/g, ''), WHOLE);
}

/** Any text, with the same done to the URLs in it. */
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
