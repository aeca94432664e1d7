import type { Layer, Setting } from '../../config/layer.ts';
import type { OptionKey } from '../../config/options/options.ts';
import { readManifest } from '../dataset/manifest.ts';

/**
 * How a dataset is rechecked unless its user says otherwise: by the strictest policy of its runs, and as all the robots that
 * they answered to. A dataset that was made without regard to owners is rechecked by the default policy: under its own,
 * nobody could refuse.
 */
export async function rightsSettings(output: string): Promise<Layer> {
  const runs = (await readManifest(output))?.runs ?? [];
  const origin = `the manifest of ${output}`;
  const tokens = new Set(runs.flatMap(({ options }) => options['rights-tokens'] ?? []).map(String));
  const isStrict = runs.some(({ options }) => options['rights'] === 'strict');
  return new Map<OptionKey, Setting>([
    ['rights', { text: isStrict ? 'strict' : 'standard', origin }],
    ...(tokens.size === 0 ? [] : [['rightsTokens', { text: [...tokens].join(','), origin }] as const]),
  ]);
}
