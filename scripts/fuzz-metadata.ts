import { damagedReadings } from '../test/image/embedded/damaged-readings.ts';
import { damagedRuleFiles } from '../test/rights/damaged-rule-files.ts';

/**
 * Reads 20,000 damaged images with metadata about rights, and as many damaged robots.txt, tdmrep.json and ai.txt:
 * `npm run fuzz:metadata [count] [seed]`.
 */
const [count = 20_000, seed = 1] = process.argv.slice(2).map(Number);
const images = await damagedReadings({ count, seed });
console.log(
  `${images.read} damaged images read without an error, ${images.found} still with a statement, the slowest in ${images.slowestMs.toFixed(1)} ms`,
);
const files = damagedRuleFiles({ count, seed });
console.log(
  `${files.read} damaged files of rules read without an error, ${files.found} still with a signal, the slowest in ${files.slowestMs.toFixed(1)} ms`,
);
