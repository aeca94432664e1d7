import { scaleLinear } from 'd3-scale';
import { FAILURES, type FailureCode, type FailureStage, isHealable } from '../../core/failures.ts';
import type { DatasetReport } from '../../run/report.ts';
import { redactUrl } from '../../util/text/redact-url.ts';
import { formatCount, percent } from '../../util/text/units.ts';
import { foreign, type Html, html } from './html.ts';

/** What each stage of a row's life is called, in its order. */
const STAGES: Readonly<Record<FailureStage, string>> = {
  index: 'In the index',
  address: 'Finding the address',
  connect: 'Connecting',
  http: 'Answer of the server',
  transfer: 'Receiving the file',
  rights: 'Opt-outs of the owners',
  image: 'Decoding the image',
};

interface Part {
  readonly kind: 'success' | FailureStage;
  readonly name: string;
  readonly rows: number;
}

/** The outcomes of all rows: a bar of their shares, and the causes of failures by stage. */
export function outcomes({ tally, examples }: DatasetReport): Html {
  const failures = tally.commonest();
  const stages = (Object.keys(STAGES) as FailureStage[]).map((stage) => {
    const codes = failures.filter(([code]) => FAILURES[code]?.stage === stage);
    return { stage, codes, rows: codes.reduce((sum, [, count]) => sum + count, 0) };
  });
  const failed = stages.filter(({ rows }) => rows > 0);
  const parts: Part[] = [
    { kind: 'success', name: 'Images', rows: tally.successes },
    ...failed.map(({ stage, rows }) => ({ kind: stage, name: STAGES[stage], rows })),
  ];
  const share = (count: number): string => (tally.rows === 0 ? '' : percent(count / tally.rows));
  const groups = failed.map(({ stage, codes, rows }) => {
    const lines = codes.map(([code, count]) =>
      causeRow(code, count, { share, most: failures[0]?.[1] ?? 0, stage, examples }),
    );
    return html`<tbody><tr><th scope="rowgroup"><span class="swatch">${swatch(stage)}</span>${STAGES[stage]}</th><td class="number">${formatCount(rows)}</td><td class="number">${share(rows)}</td><td></td></tr>
${lines}</tbody>`;
  });
  return html`${shareBar(parts, tally.rows)}
<div class="scroll" role="region" aria-label="Outcomes of all rows, by stage" tabindex="0"><table><caption>Outcomes of all rows, by stage and cause</caption>
<thead><tr><th scope="col">Outcome</th><th scope="col" class="number">Rows</th><th scope="col" class="number">Share</th><td class="share"></td></tr></thead>
<tbody><tr><th scope="rowgroup"><span class="swatch">${swatch('success')}</span>Images</th><td class="number">${formatCount(tally.successes)}</td><td class="number">${share(tally.successes)}</td><td></td></tr></tbody>
${groups}
<tbody><tr><th scope="rowgroup">All rows</th><td class="number">${formatCount(tally.rows)}</td><td></td><td></td></tr></tbody>
</table></div>`;
}

function causeRow(
  code: FailureCode,
  count: number,
  {
    share,
    most,
    stage,
    examples,
  }: {
    share: (count: number) => string;
    /** Rows of the most frequent cause. */
    most: number;
    stage: FailureStage;
    examples: DatasetReport['examples'];
  },
): Html {
  const example = examples.get(code);
  const heal = isHealable(code) ? ' A retry may heal it.' : '';
  return html`<tr><th scope="row"><code>${code}</code><br><span class="soft">${sentence(FAILURES[code].summary)}${heal}</span>${
    example === undefined ? null : html`<br><small class="soft">${foreign(redactUrl(example), 160)}</small>`
  }</th><td class="number">${formatCount(count)}</td><td class="number">${share(count)}</td><td class="share">${smallBar(count, most, stage)}</td></tr>
`;
}

const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;

const swatch = (kind: Part['kind']): Html =>
  html`<svg viewBox="0 0 10 10" aria-hidden="true"><rect class="${kind}" width="10" height="10" rx="2"/></svg>`;

/** A bar beside its number in the table, as long as its share of the most frequent cause. */
function smallBar(count: number, most: number, kind: Part['kind']): Html {
  const width = scaleLinear()
    .domain([0, Math.max(1, most)])
    .range([0, 200])(count);
  return html`<svg viewBox="0 0 200 10" preserveAspectRatio="none" aria-hidden="true"><rect class="${kind}" width="${Math.max(1, width).toFixed(1)}" height="10"/></svg>`;
}

const [BAR_WIDTH, BAR_HEIGHT] = [1000, 36];

function shareBar(parts: readonly Part[], total: number): Html {
  const x = scaleLinear()
    .domain([0, Math.max(1, total)])
    .range([0, BAR_WIDTH]);
  let before = 0;
  const bars = parts.map(({ kind, name, rows }) => {
    const start = x(before);
    before += rows;
    const text = `${name}: ${formatCount(rows)}${total === 0 ? '' : `, ${percent(rows / total)}`}`;
    return html`<rect class="${kind}" x="${start.toFixed(1)}" width="${x(rows).toFixed(1)}" height="${BAR_HEIGHT}"><title>${text}</title></rect>`;
  });
  const said = parts.map(({ name, rows }) => `${name} ${total === 0 ? 0 : percent(rows / total)}`).join(', ');
  return html`<figure class="shares">
<svg viewBox="0 0 ${BAR_WIDTH} ${BAR_HEIGHT}" preserveAspectRatio="none" role="img" aria-labelledby="shares-t shares-d"><title id="shares-t">Shares of outcomes</title><desc id="shares-d">${said}. The table below has the numbers.</desc>
${bars}
</svg>
</figure>`;
}
