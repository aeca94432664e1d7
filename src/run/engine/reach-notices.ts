import type { Options } from '../../config/resolve.ts';
import { listNames } from '../../util/text/list-names.ts';

/** What a user should know about where requests go, and what they carry, before the first one. */
export function reachNotices({ proxy, requestHeader }: Pick<Options, 'proxy' | 'requestHeader'>): string[] {
  const notices: string[] = [];
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
