import type { Bin, Distribution } from '../../run/report/distributions.ts';
import { formatBytes, formatCount } from '../../util/text/units.ts';

type Unit = Distribution['unit'];

/** `512 to 767 pixels`, `0.95 to 1.05`, `image/jpeg`. */
export function binLabel({ label, from = 0, to = null }: Partial<Bin>, unit: Unit): string {
  if (label !== undefined) return label;
  const name = unit === 'pixels' || unit === 'characters' ? ` ${unit}` : '';
  const isWhole = name !== '';
  if (to === null) return `${edgeLabel(from, unit)}${name} and more`;
  if (from === 0) return `below ${edgeLabel(to, unit)}${name}`;
  return `${edgeLabel(from, unit)} to ${edgeLabel(isWhole ? to - 1 : to, unit)}${name}`;
}

/** An edge of an interval, as short as it can be said. */
export function edgeLabel(value: number, unit: Unit): string {
  if (unit === 'bytes') return formatBytes(value);
  return unit === 'ratio' ? String(Number(value.toFixed(2))) : formatCount(value);
}
