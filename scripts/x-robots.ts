/**
 * Asks img2dataset 1.47.0 itself about every case of test/differential/x-robots-cases.ts and records its answers:
 *
 *   IMG2DATASET_PYTHON=/path/to/python npm run x-robots
 *
 * That Python needs `pip install --no-deps img2dataset==1.47.0` and nothing else.
 */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { headerCases } from '../test/differential/x-robots-cases.ts';

const program = fileURLToPath(new URL('python/x_robots.py', import.meta.url));
const answers = fileURLToPath(new URL('../test/differential/x-robots-answers.txt', import.meta.url));
const { status, stdout, stderr } = spawnSync(process.env['IMG2DATASET_PYTHON'] ?? 'python3', [program], {
  input: JSON.stringify(headerCases()),
  encoding: 'utf8',
});
if (status !== 0) throw new Error(`img2dataset's function could not be asked: ${stderr}`);
const refused = (JSON.parse(stdout) as boolean[]).map((answer) => (answer ? '1' : '0'));
// Lines of 100 answers, in the order of the cases.
const lines = refused.join('').match(/.{1,100}/g) ?? [];
writeFileSync(answers, `${lines.join('\n')}\n`);
console.log(`${refused.length} cases, ${refused.filter((each) => each === '1').length} refused`);
