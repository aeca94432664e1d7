/**
 * Parses a URL as the URL standard does; null if the text is not a URL. `URL.canParse` would be shorter, but in Node 20
 * it refuses letters such as ü as soon as V8 has optimized its caller (it reads Latin-1 as UTF-8).
 */
export function parseUrl(text: string, base?: string): URL | null {
  try {
    return new URL(text, base);
  } catch {
    return null;
  }
}
