/**
 * Last labels that will never be in the public name space (RFC 6761, 6762 appendix G, 7686, 8375, ICANN's reservations).
 * Such a name belongs to a private network, whatever address a name server gives for it.
 */
const PRIVATE_ENDS: ReadonlySet<string> = new Set([
  'localhost',
  'localdomain',
  'local',
  'internal',
  'intranet',
  'private',
  'corp',
  'home',
  'lan',
  'onion',
]);

/** Whether a lower-case host name belongs to a private network: it has no dot, or ends in a private label. */
export function isPrivateName(host: string): boolean {
  const labels = host.replace(/\.+$/, '').split('.');
  return (
    labels.length < 2 || PRIVATE_ENDS.has(labels.at(-1) ?? '') || labels.slice(-2).join('.') === 'home.arpa'
  );
}
