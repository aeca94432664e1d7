import { HEAD, HOSTS_BY_ROWS, ONCE_SHARE_OF_HOSTS } from './distributions.ts';

/** Rows of each host, the largest host first. The sum is `rows`, which is at least 10,000. */
export function hostCounts(rows: number): Uint32Array {
  const hosts = countHosts(rows);
  const once = Math.round(hosts * ONCE_SHARE_OF_HOSTS);
  const several = hosts - once;
  const head = (rank: number) => rows * HEAD.topShare * rank ** -HEAD.exponent;
  const edge = head(HEAD.hosts);
  const share = (rank: number, exponent: number): number =>
    rank <= HEAD.hosts ? head(rank) : Math.max(2, edge * (rank / HEAD.hosts) ** -exponent);
  const exponent = solve((tried) => sum(several, (rank) => share(rank, tried)), rows - once);

  const counts = new Uint32Array(hosts).fill(1);
  let exact = 0;
  let given = 0;
  for (let rank = 1; rank <= several; rank++) {
    exact += share(rank, exponent);
    // Rounding the running sum keeps the total, which rounding each count would not.
    const count = Math.round(exact) - given;
    counts[rank - 1] = count;
    given += count;
  }
  const missing = rows - once - given;
  counts[HEAD.hosts] = (counts[HEAD.hosts] ?? 0) + missing;
  return counts;
}

function countHosts(rows: number): number {
  const pairs = HOSTS_BY_ROWS.slice(1).map((upper, index) => [HOSTS_BY_ROWS[index] ?? upper, upper] as const);
  const [lower, upper] = pairs.find(([, end]) => rows <= end[0]) ?? pairs.at(-1) ?? [];
  if (lower === undefined || upper === undefined)
    throw new Error('expected two points of the curve of hosts');
  const slope = Math.log(upper[1] / lower[1]) / Math.log(upper[0] / lower[0]);
  return Math.round(lower[1] * (rows / lower[0]) ** slope);
}

function sum(ranks: number, value: (rank: number) => number): number {
  let total = 0;
  for (let rank = 1; rank <= ranks; rank++) total += value(rank);
  return total;
}

/** The exponent at which a function that decreases with it reaches the target. */
function solve(value: (exponent: number) => number, target: number): number {
  let [low, high] = [0, 20];
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    if (value(middle) > target) low = middle;
    else high = middle;
  }
  return high;
}
