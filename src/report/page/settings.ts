import type { ManifestRun } from '../../run/dataset/manifest.ts';
import type { DatasetReport } from '../../run/report.ts';
import { redactUrls } from '../../util/text/redact-url.ts';
import { formatBytes } from '../../util/text/units.ts';
import { foreign, type Html, html } from './html.ts';
import { table } from './table.ts';

/** Of an extended dataset the last runs, and of each run its first files. */
const [MOST_RUNS, MOST_INPUTS, MOST_CHARACTERS] = [8, 8, 300] as const;

/** What the dataset was made from, and how. */
export function settings({ runs, defaults, versions, columns }: DatasetReport): Html {
  const earlier = runs.length - MOST_RUNS;
  return html`${runs.length === 0 ? html`<p>The dataset has no manifest, so its settings are not known.</p>` : null}
${earlier > 0 ? html`<p class="soft">The last ${MOST_RUNS} of ${runs.length} runs.</p>` : null}
${runs.slice(-MOST_RUNS).map((run, at) => settingsOfRun(run, defaults, runs.length > 1 ? Math.max(0, earlier) + at + 1 : null))}
<p>Shards written by laion-fetch ${versions.slice(0, 20).join(', ') || '(none yet)'}.${
    columns.length === 0
      ? null
      : html` Columns of the index: ${columns.slice(0, 100).map((name) => html`<code>${foreign(name, 80)}</code> `)}`
  }</p>`;
}

/** `number`: which run of several it is; null for the only one. */
function settingsOfRun(run: ManifestRun, defaults: DatasetReport['defaults'], number: number | null): Html {
  const { inputs, startedAt, finished, versions, insecureTls, proxy, requestHeaders = [], adopted } = run;
  const more = inputs.length - MOST_INPUTS;
  const facts: [string, Html | string][] = [
    [
      'Index',
      html`${inputs.slice(0, MOST_INPUTS).map(({ name, bytes }) => html`<div>${shown(name)}${bytes === null ? '' : `, ${formatBytes(bytes)}`}</div>`)}${more > 0 ? `and ${more} more` : ''}`,
    ],
    ['Started', shown(startedAt)],
    ['Finished', finished === null ? 'not yet' : shown(finished.at)],
    ...Object.entries(versions).map(([name, version]): [string, Html] => [name, shown(version)]),
    ...(adopted === undefined ? [] : [['Adopted from', adopted] satisfies [string, string]]),
    ...(insecureTls ? [['TLS', 'invalid certificates were accepted'] satisfies [string, string]] : []),
    ...(proxy === undefined ? [] : [['Proxy', shown(proxy)] satisfies [string, Html]]),
    ...(requestHeaders.length === 0
      ? []
      : [['Headers added', shown(requestHeaders.join(', '))] satisfies [string, Html]]),
  ];
  const options = Object.entries(run.options).map(([name, value]) => {
    const text = JSON.stringify(value);
    return { name, text, isDefault: text === JSON.stringify(defaults[name] ?? null) };
  });
  const row = ({ name, text }: { name: string; text: string }): Html[] => [
    html`<code>--${shown(name)}</code>`,
    html`<code>${shown(text)}</code>`,
  ];
  const chosen = options.filter(({ isDefault }) => !isDefault);
  const heads = [{ head: 'Option' }, { head: 'Value' }];
  return html`${number !== null ? html`<h3>Run ${number}</h3>` : null}<div class="wide">
<div>${table('The run', [{ head: 'What' }, { head: 'Value' }], facts)}</div>
<div>${chosen.length === 0 ? html`<p>All options that shape the dataset have their defaults.</p>` : table('Options that differ from their defaults', heads, chosen.map(row))}
<details><summary>All options that shape the dataset</summary>${table('All options that shape the dataset', heads, options.map(row))}</details></div>
</div>`;
}

const shown = (text: string): Html => foreign(redactUrls(text), MOST_CHARACTERS);
