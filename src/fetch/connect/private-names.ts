/**
 * Last labels that the public name space will never hold (RFC 6761, 6762 appendix G, 7686, 8375, ICANN's reservations):
 * such a name means a place inside some network, whatever address a name server gives for it.
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

/** Whether a host name, in lower case, belongs to a network of somebody's own: it has no dot, or a private end. */
export function isPrivateName(host: string): boolean {
  const labels = host.replace(/\.+$/, '').split('.');
  return (
    labels.length < 2 || PRIVATE_ENDS.has(labels.at(-1) ?? '') || labels.slice(-2).join('.') === 'home.arpa'
  );
}
