import { usageError } from '../../core/errors.ts';
import { refuseUnadopted } from '../dataset/adopt-first.ts';
import { type Manifest, readManifest } from '../dataset/manifest.ts';

/** The manifest of a finished dataset with samples; throws a UserError for any other. `action`: "remove from". */
export async function finishedDataset(output: string, action: string): Promise<Manifest> {
  const manifest = await readManifest(output);
  if (manifest === null) await refuseUnadopted(output, action);
  const problem = manifest === null ? 'there is no manifest of a dataset' : whyNot(manifest);
  if (manifest === null || problem !== null) throw usageError(`Cannot ${action} '${output}': ${problem}`);
  return manifest;
}

function whyNot({ runs }: Manifest): string | null {
  if (runs.some(({ finished }) => finished === null))
    return 'its run is not finished; finish it first, with its own command';
  return runs.some(({ options }) => options['output-format'] === 'none')
    ? 'it was made with --output-format none and has no samples'
    : null;
}
