import type { Options } from '../../config/resolve.ts';
import { listNames } from '../../util/text/list-names.ts';

/** What a user should know about where requests go, what they carry and ignore, before the first one. */
export function reachNotices({
  proxy,
  requestHeader,
  rights,
}: Pick<Options, 'proxy' | 'requestHeader' | 'rights'>): string[] {
  const notices: string[] = [];
  if (rights === 'off') {
    notices.push('opt-outs of owners are ignored (--rights off); the manifest records this');
  }
  if (proxy !== null) {
    notices.push(
      `requests go through the proxy ${new URL(proxy).origin}, which resolves host names: a private address is refused only if the URL contains it`,
    );
  }
  if (requestHeader.length > 0) {
    const names = requestHeader.map((header) => header.slice(0, header.indexOf(':')));
    notices.push(
      `${listNames(names)} will be sent to the host of every URL of the index, and not to other hosts that these redirect to`,
    );
  }
  return notices;
}
