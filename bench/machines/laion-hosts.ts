/** Counted in the 10,000 genuine LAION rows that img2dataset keeps: hosts by their rows, `from` to `to`, and the sum. */
const BANDS = [
  { hosts: 1, from: 640, to: 640, rows: 640 },
  { hosts: 12, from: 65, to: 250, rows: 1_260 },
  { hosts: 55, from: 17, to: 64, rows: 1_600 },
  { hosts: 179, from: 5, to: 16, rows: 1_500 },
  { hosts: 542, from: 2, to: 4, rows: 1_316 },
  { hosts: 3_684, from: 1, to: 1, rows: 3_684 },
] as const;

/** Shares of the rows by host, largest first: 4,473 hosts, the first with 6.4 %. */
export function laionHostShares(): number[] {
  const sizes = BANDS.flatMap(sizesOf);
  const sum = sizes.reduce((all, size) => all + size, 0);
  return sizes.map((size) => size / sum);
}

/** Sizes that fall from `to` to `from` as a power of their place, so that they have the band's sum. */
function sizesOf({ hosts, from, to, rows }: (typeof BANDS)[number]): number[] {
  const withExponent = (exponent: number): number[] =>
    Array.from({ length: hosts }, (_, at) => from + (to - from) * (1 - (at + 0.5) / hosts) ** exponent);
  let [low, high] = [0, 50];
  for (let step = 0; step < 50; step += 1) {
    const middle = (low + high) / 2;
    const sum = withExponent(middle).reduce((all, size) => all + size, 0);
    if (sum > rows) low = middle;
    else high = middle;
  }
  return withExponent(high);
}
