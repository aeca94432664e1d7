import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseConfig } from '../../src/config/config-file.ts';
import { loadOptions, resolveOptions } from '../../src/config/resolve.ts';

const read = (config: unknown) =>
  resolveOptions([parseConfig(JSON.stringify(config), 'run.json'), new Map()]).options;

describe('parseConfig()', () => {
  it('accepts kebab, snake and camel case, numbers, booleans and lists', () => {
    const options = read({
      'image-size': 384,
      max_bytes: '20MB',
      perHost: 4,
      auto_orient: false,
      upscale: true,
      columns: ['similarity', 'a,b'],
      ports: [80, 8080],
      where: null,
    });
    expect(options).toMatchObject({
      imageSize: 384,
      maxBytes: 20_000_000,
      perHost: 4,
      autoOrient: false,
      resizeOnlyIfBigger: false,
      columns: ['similarity', 'a,b'],
      ports: [80, 8080],
      where: null,
    });
  });

  it.each([
    ['{"imagesize": 1}', "run.json: unknown option 'imagesize'; did you mean 'image-size'?"],
    ['{"config": "x"}', "run.json: unknown option 'config'"],
    ['{"image-size": {}}', 'image-size in run.json: expected a string, a number, true, false or a list'],
    [
      '{"upscale": true, "resize_only_if_bigger": true}',
      "upscale in run.json and 'resize_only_if_bigger' name the same",
    ],
    ['[]', "Cannot read the config file 'run.json': expected one JSON object of options"],
    ['{', "Cannot read the config file 'run.json' as JSON"],
  ])('refuses %s', (text, message) => {
    expect(() => parseConfig(text, 'run.json')).toThrow(message);
  });

  it('names the key whose value is invalid', () => {
    expect(() => read({ image_size: 'abc' })).toThrow(
      'image_size in run.json: expected a whole number of pixels',
    );
  });
});

describe('loadOptions()', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'config-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('reads the file named by flags or, without one, by the environment', async () => {
    const path = join(folder, 'run.json');
    await writeFile(path, '\ufeff{"image-size": 7}');
    const byFlag = await loadOptions(new Map([['config', { text: path, origin: '--config' }]]), {});
    const byEnvironment = await loadOptions(new Map(), { LAION_FETCH_CONFIG: path });
    expect([byFlag.options.imageSize, byEnvironment.options.imageSize]).toEqual([7, 7]);
  });

  it.each([
    [
      'run.yaml',
      '# a comment\nimage-size: 7\ncolumns: [a, "b,c"]\nauto_orient: false\ntimeout: 500ms\nwhere: ~\n',
    ],
    ['run.yml', '{image_size: 7, columns: [a, "b,c"], auto-orient: false, timeout: 500ms}'],
    [
      'run.toml',
      '# a comment\nimage-size = 7\ncolumns = ["a", "b,c"]\nautoOrient = false\ntimeout = "500ms"\n',
    ],
    ['run.JSON', '{"image-size": 7, "columns": ["a", "b,c"], "auto-orient": false, "timeout": "500ms"}'],
  ])('reads %s', async (name, text) => {
    const path = join(folder, name);
    await writeFile(path, text);
    const { options } = await loadOptions(new Map(), { LAION_FETCH_CONFIG: path });
    const expected = { imageSize: 7, columns: ['a', 'b,c'], autoOrient: false, timeoutMs: 500, where: null };
    expect(options).toMatchObject(expected);
  });

  it.each([
    ['bad.yaml', 'image-size: [', /^Cannot read the config file '.*bad\.yaml' as YAML: /],
    ['bad.toml', 'image-size', /^Cannot read the config file '.*bad\.toml' as TOML: /],
    ['list.yaml', '- 1', /expected one YAML object of options$/],
    [
      'date.toml',
      'seed = 2020-01-01',
      /seed in .*date\.toml: expected a string, a number, true, false or a list/,
    ],
    ['typo.yaml', 'imagesize: 1', /unknown option 'imagesize'; did you mean 'image-size'\?/],
  ])('refuses %s in one line', async (name, text, message) => {
    const path = join(folder, name);
    await writeFile(path, text);
    await expect(loadOptions(new Map(), { LAION_FETCH_CONFIG: path })).rejects.toThrow(message);
  });

  it('says which file cannot be read', async () => {
    const environment = { LAION_FETCH_CONFIG: join(folder, 'none.json') };
    await expect(loadOptions(new Map(), environment)).rejects.toThrow(
      /^Cannot read the config file '.*none\.json': /,
    );
  });
});
