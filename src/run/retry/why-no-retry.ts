import type { Manifest } from '../dataset/manifest.ts';

/** Why the failed rows of a dataset cannot be fetched again; null if they can. */
export function whyNoRetry(manifest: Manifest | null): string | null {
  if (manifest === null)
    return 'there is no manifest of a dataset; name the folder that was given as --output';
  for (const { finished, options } of manifest.runs) {
    if (finished === null) return 'its run is not finished; finish it first, with its own command';
    if (options['output-format'] === 'none')
      return 'it was made with --output-format none and has no metadata with its rows';
    if (options['from-tar'])
      return 'its images came from tars (--from-tar), which hold what they held; nothing was downloaded';
    if (options['verify-hash']) {
      const remedy = 'download them as a dataset of their own';
      return `--verify-hash needs digests, but its metadata has none for failed rows; ${remedy}`;
    }
  }
  return null;
}
