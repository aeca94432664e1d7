import { createHash } from 'node:crypto';
import { basename, resolve } from 'node:path';
import { FAILURES } from '../../core/failures.ts';
import type { DatasetReport } from '../../run/report.ts';
import { formatBytes, formatCount, percent, plural } from '../../util/text/units.ts';
import { VERSION } from '../../util/version.ts';
import { distributionChart } from './columns-chart.ts';
import { hosts } from './hosts.ts';
import { foreign, Html, html } from './html.ts';
import { outcomes } from './outcomes.ts';
import { rights } from './rights.ts';
import { settings } from './settings.ts';
import { sheet } from './sheet.ts';
import { STYLE } from './style.ts';
import { timelines } from './timeline.ts';

interface Section {
  readonly id: string;
  readonly title: string;
  readonly content: Html;
}

const MOST_PROBLEMS = 20;

/** The report as one HTML page: no script, nothing to load; the policy in its head forbids both to the browser. */
export function reportPage(report: DatasetReport): string {
  const sections = sectionsOf(report);
  const name = basename(resolve(report.output));
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src '${styleHash}'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="laion-fetch ${VERSION}">
<link rel="icon" href="data:,">
<title>${name}: laion-fetch report</title>
<style>${trustedStyle}</style>
</head>
<body>
<header>
<h1>${foreign(name)}</h1>
<p class="soft">Report of laion-fetch ${VERSION} on ${foreign(report.output, 300)}, ${time(report.createdAt)}</p>
${tiles(report)}
${state(report)}
<nav aria-label="Sections"><ul>${sections.map(({ id, title }) => html`<li><a href="#${id}">${title}</a></li>`)}</ul></nav>
</header>
<main>
${sections.map(
  ({ id, title, content }) => html`<section aria-labelledby="${id}"><h2 id="${id}">${title}</h2>
${content}
</section>
`,
)}</main>
<footer><p>Counted from the statistics and metadata of finished shards. Rows of shards that are not finished are not in it.
URLs are shown without user names, passwords and keys.</p></footer>
</body>
</html>
`;
  return page.text;
}

const trustedStyle = new Html(STYLE);
const styleHash = `sha256-${createHash('sha256').update(STYLE).digest('base64')}`;

function sectionsOf(report: DatasetReport): readonly Section[] {
  const { throughput, distributions, sheet: images, tally, hosts: lists } = report;
  const charts = distributions.map((distribution, at) =>
    distributionChart(`distribution-${at}`, distribution),
  );
  return [
    { id: 'outcomes', title: 'Outcomes', content: outcomes(report) },
    { id: 'retry', title: 'What a retry may heal', content: retry(report) },
    { id: 'throughput', title: 'Throughput', content: overTime(throughput) },
    ...(lists.hosts.count === 0 ? [] : [{ id: 'hosts', title: 'Hosts', content: hosts(report) }]),
    ...(lists.hosts.count === 0 ? [] : [{ id: 'rights', title: 'Rights', content: rights(report) }]),
    ...(tally.successes === 0 || lists.hosts.count === 0
      ? []
      : [
          {
            id: 'distributions',
            title: 'Sizes, formats and captions',
            content: html`<div class="charts">${charts}</div>`,
          },
        ]),
    ...(images.length === 0 ? [] : [{ id: 'sheet', title: 'Images and captions', content: sheet(report) }]),
    { id: 'settings', title: 'Settings and versions', content: settings(report) },
  ];
}

function tiles({ tally, shards, hosts: lists }: DatasetReport): Html {
  const figures = [
    ['Images', formatCount(tally.successes)],
    ['Rows', formatCount(tally.rows)],
    ['Success', tally.rows === 0 ? '–' : percent(tally.successes / tally.rows)],
    ['Downloaded', formatBytes(tally.bytes)],
    ['Shards', formatCount(shards)],
    ['Hosts', `${lists.hosts.margin === 0 ? '' : '~'}${formatCount(lists.hosts.count)}`],
  ];
  return html`<dl class="tiles">${figures.map(([name = '', figure = '']) => html`<div><dt>${name}</dt><dd>${figure}</dd></div>`)}</dl>`;
}

function state({ resume, problems, shards }: DatasetReport): Html {
  const more = problems.length - MOST_PROBLEMS;
  return html`${
    resume === null
      ? null
      : html`<div class="note"><p>The run is not finished; ${plural(shards, 'shard')} ${shards === 1 ? 'is' : 'are'} complete so far. This goes on with it, unless it is still running:</p><pre><code>${resume.slice(0, 2000)}</code></pre></div>`
  }${
    problems.length === 0
      ? null
      : html`<div class="note"><p>Not everything could be read. A shard may have changed while the report was made; if not, run <code>laion-fetch verify</code>.</p><ul>${problems.slice(0, MOST_PROBLEMS).map((problem) => html`<li>${foreign(problem, 300)}</li>`)}</ul>${more > 0 ? html`<p>And ${more} more.</p>` : null}</div>`
  }`;
}

function retry({ retry: { rows, command, refusal, failures }, tally }: DatasetReport): Html {
  if (rows === 0) return html`<p>Nothing: no row failed for a reason that may be temporary.</p>`;
  const codes = failures.map(
    ([code, count]) => html`<li><code>${code}</code>: ${formatCount(count)}, ${FAILURES[code].summary}</li>`,
  );
  const how =
    refusal === null
      ? html`<pre><code>${command}</code></pre>`
      : html`<p>Not possible yet: ${foreign(refusal, 300)}.</p>`;
  return html`<p>${plural(rows, 'row')} of ${formatCount(tally.rows)} failed for reasons that may be temporary, or because their host was given up.</p>
${how}
<ul>${codes}</ul>`;
}

function overTime(starts: DatasetReport['throughput']): Html {
  if (starts.length === 0) {
    return html`<p>Not recorded: the dataset was made by an earlier version or adopted, or its first run has only begun.</p>`;
  }
  const restarts =
    starts.length === 1 ? '' : ` Dashed lines are the beginnings of ${starts.length - 1} later starts.`;
  const first = starts[0]?.startedAt ?? 0;
  return html`<p class="soft">Running time of ${plural(starts.length, 'start')} since ${time(first)}.${restarts} Up to ten seconds before a crash are missing.</p>
<div class="charts">${timelines(starts)}</div>`;
}

/** `2026-11-29 15:40 UTC`; nothing for a moment that no clock shows. */
function time(moment: number): string {
  const date = new Date(moment);
  return Number.isNaN(date.getTime()) ? '' : `${date.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
