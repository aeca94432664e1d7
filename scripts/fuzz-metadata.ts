import { damagedReadings } from '../test/image/embedded/damaged-readings.ts';

/** Reads 20,000 damaged images with metadata about rights: `npm run fuzz:metadata [count] [seed]`. */
const [count = 20_000, seed = 1] = process.argv.slice(2).map(Number);
const { read, found, slowestMs } = await damagedReadings({ count, seed });
console.log(
  `${read} damaged images read without an error, ${found} still with a statement, the slowest in ${slowestMs.toFixed(1)} ms`,
);
