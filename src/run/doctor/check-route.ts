import { probeRoutes, type Routes } from '../../fetch/connect/probe-routes.ts';
import { type Finding, ok, warn } from './finding.ts';

const PROXY_VARIABLES: ReadonlySet<string> = new Set(['http_proxy', 'https_proxy', 'all_proxy']);

/** Checks, without sending anything, whether there is a route to the internet and whether it should go through a proxy. */
export async function checkRoute(
  environment: Readonly<Record<string, string | undefined>>,
  proxy: string | null,
): Promise<Finding[]> {
  if (proxy !== null) return [ok('proxy', `${new URL(proxy).origin}, which resolves host names`)];
  return [judgeRoutes(await probeRoutes()), ...judgeProxies(environment)];
}

export function judgeRoutes({ ipv4, ipv6 }: Routes): Finding {
  if (!ipv4) {
    const found = ipv6
      ? 'to IPv6 only: hosts without an IPv6 address cannot be reached'
      : 'no route to the internet';
    return warn('route', found, 'give this machine a default route for IPv4');
  }
  return ok('route', ipv6 ? 'to IPv4 and IPv6' : 'to IPv4; not to IPv6, which few hosts need');
}

/** Reports only the names of the variables: the addresses of proxies may contain passwords. */
export function judgeProxies(environment: Readonly<Record<string, string | undefined>>): Finding[] {
  const set = Object.keys(environment).filter(
    (name) => PROXY_VARIABLES.has(name.toLowerCase()) && environment[name],
  );
  if (set.length === 0) return [];
  const found = `${set.join(', ')} set, but only --proxy is used: connections are direct`;
  return [
    warn(
      'proxy',
      found,
      'make sure that this machine may open connections of its own, or name the proxy with --proxy',
    ),
  ];
}
