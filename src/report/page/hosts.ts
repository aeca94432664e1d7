import type { HostFigures } from '../../run/report/host-figures.ts';
import type { DatasetReport } from '../../run/report.ts';
import { formatBytes, formatCount, formatDuration, percent, plural } from '../../util/text/units.ts';
import { foreign, type Html, html } from './html.ts';
import { table } from './table.ts';

const MOST_CHARACTERS = 80;

/** The hosts that matter: the largest, those that refuse or are gone, and the slowest. */
export function hosts({ hosts: lists, slowHosts }: DatasetReport): Html {
  const about = lists.hosts.margin === 0 ? '' : 'About ';
  const partial = lists.isPartial
    ? ' Hosts with few rows are not counted one by one, so the tables are lower bounds.'
    : '';
  const name = ({ host }: { host: string }): Html => foreign(host, MOST_CHARACTERS);
  const failing = (
    title: string,
    caption: string,
    hosts: readonly HostFigures[],
    figure: 'refused' | 'dead',
    head: string,
  ): Html =>
    html`<div><h3>${title}</h3>${
      hosts.length === 0
        ? html`<p class="soft">None.</p>`
        : table(
            caption,
            [{ head: 'Host' }, { head, isNumber: true }, { head: 'Of its rows', isNumber: true }],
            hosts.map((host) => [name(host), formatCount(host[figure]), percent(host[figure] / host.rows)]),
          )
    }</div>`;
  return html`<p>${about}${plural(lists.hosts.count, 'host')} in the index.${partial}</p>
<div class="wide"><div><h3>Largest</h3>${table(
    'Hosts with most rows',
    [
      { head: 'Host' },
      { head: 'Rows', isNumber: true },
      { head: 'Images', isNumber: true },
      { head: 'Bytes', isNumber: true },
    ],
    lists.largest.map((host) => [
      name(host),
      formatCount(host.rows),
      percent(host.images / host.rows),
      formatBytes(host.bytes),
    ]),
  )}</div>
<div><h3>Slowest</h3>${
    slowHosts.length === 0
      ? html`<p class="soft">No host was slow, or no run has ended yet.</p>`
      : table(
          'Hosts that took longest to answer in the last run',
          [{ head: 'Host' }, { head: 'Mean time', isNumber: true }],
          slowHosts.map((host) => [name(host), formatDuration(host.meanMs)]),
        )
  }</div>
${failing('Most refusals', 'Hosts with most refused rows', lists.refused, 'refused', 'Refused')}
${failing('Gone', 'Hosts that could not be reached', lists.dead, 'dead', 'Unreachable')}
</div>
<p class="soft small">A refusal is 401, 403, 429, 451, 503, a refused connection, or an opt-out. A host is gone if it has no name, no route,
or did not accept a connection in time, and its further rows were skipped.</p>`;
}
