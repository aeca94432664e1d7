const LINK = /<([^<>]*)>([^<]*)/g;

/** The address of the RSL licence that a `Link` header names; null if there is none. */
export function linkedLicense(text: string): string | null {
  for (const [, address, parameters = ''] of text.matchAll(LINK)) {
    const isLicense = /;\s*rel\s*=\s*("[^"]*\blicense\b[^"]*"|license\b)/i.test(parameters);
    if (isLicense && /;\s*type\s*=\s*"?application\/rsl\+xml/i.test(parameters)) return address ?? null;
  }
  return null;
}
