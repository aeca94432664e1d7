import { scaleBand, scaleLinear } from 'd3-scale';
import type { Distribution } from '../../run/report/distributions.ts';
import { formatCount, formatShort, percent } from '../../util/text/units.ts';
import { figure } from './figure.ts';
import { type Html, html } from './html.ts';
import { binLabel, edgeLabel } from './labels.ts';
import { table } from './table.ts';

const [WIDTH, HEIGHT] = [360, 200];
const MARGIN = { top: 8, right: 8, bottom: 24, left: 40 };

/** A histogram: a column for each interval, labelled at its edges; or for each word, labelled beside it. */
export function distributionChart(id: string, distribution: Distribution): Html {
  const { title, bins, unknown, unit } = distribution;
  const total = bins.reduce((sum, { count }) => sum + count, 0) + unknown;
  const top = bins.reduce((best, bin) => (bin.count > best.count ? bin : best), { count: 0 });
  const rows = [
    ...bins.map((bin) => [binLabel(bin, unit), bin.count] as const),
    ...(unknown === 0 ? [] : [[withoutLabel(distribution), unknown] as const]),
  ].map(([label, count]) => [label, formatCount(count), total === 0 ? '' : percent(count / total)]);
  const share = total === 0 ? '' : ` (${percent(top.count / total)})`;
  const most = top.count === 0 ? 'There are none.' : `Most frequent: ${binLabel(top, unit)}${share}.`;
  const height = unit === undefined ? wordsHeight(bins.length) : HEIGHT;
  return figure({
    id,
    title,
    description: `Number of images by ${title.toLowerCase()}. ${most}`,
    width: WIDTH,
    height,
    drawing: unit === undefined ? words(distribution, height) : intervals(distribution),
    table: table(
      `Images by ${title.toLowerCase()}`,
      [{ head: title }, { head: 'Images', isNumber: true }, { head: 'Share', isNumber: true }],
      rows,
    ),
  });
}

function withoutLabel({ unit }: Distribution): string {
  return unit === 'characters' ? 'no caption' : 'not known';
}

function intervals({ bins, unit }: Distribution): Html {
  const y = scaleLinear()
    .domain([0, Math.max(1, ...bins.map(({ count }) => count))])
    .nice(4)
    .range([HEIGHT - MARGIN.bottom, MARGIN.top]);
  const x = scaleBand<number>()
    .domain([...bins.keys()])
    .range([MARGIN.left, WIDTH - MARGIN.right])
    .paddingInner(0.08);
  const left = (at: number): number => x(at) ?? 0;
  // Labels need about 30 units each.
  const every = Math.ceil(30 / x.step());
  return html`${y
    .ticks(4)
    .filter(Number.isInteger)
    .map((tick) => gridLine(y(tick), formatShort(tick)))}
${bins.map((bin, at) => {
  const height = y(0) - y(bin.count);
  return html`<rect class="bar" x="${round(left(at))}" y="${round(y(bin.count))}" width="${round(x.bandwidth())}" height="${round(height)}"><title>${binLabel(bin, unit)}: ${formatCount(bin.count)}</title></rect>`;
})}
${bins.map(({ from }, at) =>
  at % every === 0
    ? html`<text x="${round(left(at))}" y="${HEIGHT - 8}" text-anchor="middle">${edgeLabel(from ?? 0, unit)}</text>`
    : null,
)}`;
}

const ROW = 22;
const wordsHeight = (count: number): number => Math.max(1, count) * ROW + 8;

function words({ bins }: Distribution, height: number): Html {
  const labelWidth = 110;
  const x = scaleLinear()
    .domain([0, Math.max(1, ...bins.map(({ count }) => count))])
    .range([0, WIDTH - labelWidth - 60]);
  const y = scaleBand<number>()
    .domain([...bins.keys()])
    .range([4, height - 4])
    .padding(0.2);
  return html`${bins.map((bin, at) => {
    const top = y(at) ?? 0;
    const middle = round(top + y.bandwidth() / 2 + 4);
    const label = binLabel(bin, undefined);
    const short = label.length > 18 ? `${label.slice(0, 17)}…` : label;
    return html`<text x="${labelWidth - 8}" y="${middle}" text-anchor="end">${short}</text>
<rect class="bar" x="${labelWidth}" y="${round(top)}" width="${round(Math.max(1, x(bin.count)))}" height="${round(y.bandwidth())}"><title>${label}: ${formatCount(bin.count)}</title></rect>
<text x="${round(labelWidth + x(bin.count) + 6)}" y="${middle}">${formatShort(bin.count)}</text>`;
  })}`;
}

function gridLine(y: number, label: string): Html {
  return html`<line class="axis" x1="${MARGIN.left}" x2="${WIDTH - MARGIN.right}" y1="${round(y)}" y2="${round(y)}"/><text x="${MARGIN.left - 6}" y="${round(y + 4)}" text-anchor="end">${label}</text>`;
}

const round = (value: number): number => Math.round(value * 10) / 10;
