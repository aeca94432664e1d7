import { fuzzCodec } from './fuzz-codec.ts';
import { fuzzMemory } from './fuzz-memory.ts';

// npm run fuzz -- [COUNT] [SEED]: the long runs of fuzz.test.ts. A failure names the seed and the copy.
const [count = 20_000, seed = 1] = process.argv.slice(2).map(Number);
if (!Number.isSafeInteger(count) || !Number.isSafeInteger(seed) || count < 1)
  throw new Error('usage: npm run fuzz -- [COUNT] [SEED], both whole numbers, COUNT at least 1');
console.log(`${count} damaged images, seed ${seed}`);
console.log(await fuzzCodec(seed, count));
console.log(fuzzMemory(seed, count));
