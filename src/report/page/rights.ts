import type { DatasetReport } from '../../run/report.ts';
import type { RightsCount } from '../../run/rights/rights-counter.ts';
import { redactUrl } from '../../util/text/redact-url.ts';
import { formatCount, percent, plural } from '../../util/text/units.ts';
import { foreign, type Html, html } from './html.ts';
import { table } from './table.ts';

const MOST_LINES = 10;
const MOST_CHARACTERS = 80;

/** What owners have said: the policy, who said no and how, licences and creators. */
export function rights({ rights: said }: DatasetReport): Html {
  const { policies, figures, hasAttribution } = said;
  const list = (
    title: string,
    caption: string,
    head: string,
    counts: readonly RightsCount[],
    of: number,
  ): Html =>
    html`<div><h3>${title}</h3>${
      counts.length === 0
        ? html`<p class="soft">None.</p>`
        : table(
            caption,
            [
              { head },
              { head: 'Rows', isNumber: true },
              { head: 'Share', isNumber: true },
              { head: 'Example' },
            ],
            counts
              .slice(0, MOST_LINES)
              .map(({ name, rows, example }) => [
                foreign(name, MOST_CHARACTERS),
                formatCount(rows),
                of === 0 ? '' : percent(rows / of),
                foreign(redactUrl(example), MOST_CHARACTERS),
              ]),
          )
    }${counts.length > MOST_LINES ? html`<p class="soft small">And others.</p>` : null}</div>`;
  const { rows, images, denied, licensed, credited } = figures;
  return html`<p>Policy ${policies.length === 0 ? 'not known' : html`<code>${policies.join(', ')}</code>`}: ${plural(denied, 'row')} of ${formatCount(rows)} denied.
A licence is named for ${formatCount(licensed)} of ${plural(images, 'image')}, and a creator for ${formatCount(credited)}.
${
  hasAttribution
    ? html`Who made each: <a href="ATTRIBUTION.md">ATTRIBUTION.md</a>.`
    : html`<code>laion-fetch attribution</code> lists who made each.`
}</p>
<div class="wide">
${list('Why', 'Denied rows by the signal that decided', 'Signal', figures.mechanisms, denied)}
${list('Where', 'Denied rows by host', 'Host', figures.hosts, denied)}
${list('Licences', 'Licences of images', 'Licence', figures.licences, images)}
${list('Creators', 'Creators of images', 'Creator', figures.creators, images)}
</div>
<p class="soft small">Denied rows are those whose owners refuse training, and those that <code>--deny-list</code>, <code>--license</code>
and <code>laion-fetch remove</code> have taken out. Licences and creators are as the index or the image names them; they have not been verified.</p>`;
}
