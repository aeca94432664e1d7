import { expect, test } from 'vitest';
import { useWeb } from '../../support/box/use-web.ts';
import { runCli } from '../../support/command/cli.ts';
import { readMetadata } from '../../support/command/read-dataset.ts';
import { PLACEHOLDER_PORTS } from '../../support/servers/ports.ts';

const IMAGE = { body: { fixture: 'images/tiny.jpg' }, delayMs: 5 };

async function useNames(names: number, rows: number) {
  const web = await useWeb({
    hosts: {
      '*': {
        paths: {
          '*': ({ path }) =>
            path.startsWith('/from')
              ? { redirect: `http://to${path.slice(5)}.example:${PLACEHOLDER_PORTS.http}/x` }
              : IMAGE,
        },
      },
    },
  });
  const urls = Array.from({ length: rows }, (_, i) => {
    const path = i % 5 === 0 ? `/from${i}` : `/${i}`;
    return [web.box.url(`h${i % names}.example`, path), `${i}`] as const;
  });
  return { ...web, index: await web.writeIndex(urls) };
}

test.each([1, 2])(
  'no address sees more than --per-address, whatever names lead to it, with %i lanes',
  async (lanes) => {
    const { box, output, reach, index } = await useNames(90, 400);
    const flags = ['--decoders', '2', '--lanes', `${lanes}`, '--per-address', '6', '--retries', '0'];
    expect((await runCli([index, '--output', output, ...flags, ...reach])).code).toBe(0);
    expect((await readMetadata(output)).filter(({ status }) => status === 'success').length).toBe(400);
    const { peak } = box.stats().connections.http;
    expect(peak).toBeLessThanOrEqual(6);
    expect(peak).toBeGreaterThan(3);
  },
);

test('without it, each name has a limit of its own', async () => {
  const { box, output, reach, index } = await useNames(90, 400);
  expect((await runCli([index, '--output', output, ...reach])).code).toBe(0);
  expect(box.stats().connections.http.peak).toBeGreaterThan(20);
});

test('it is refused beside --proxy', async () => {
  const run = await runCli(['x.csv', '--output', 'x', '--per-address', '4', '--proxy', 'http://127.0.0.1:1']);
  expect(run.code).toBe(2);
  expect(run.stderr).toMatch(/--per-address.*--proxy|--proxy.*--per-address/);
});
