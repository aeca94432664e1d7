import { usageError } from '../../core/errors.ts';
import { findImg2dataset } from '../../output/dataset/img2dataset.ts';
import { openStore } from '../../output/store/open-store.ts';
import { adoptCommand } from './resume-command.ts';

/** What every command says about a folder of img2dataset that has not been adopted. */
export function mustBeAdopted(output: string): string {
  return `img2dataset made this dataset; take it over first: ${adoptCommand(output)}`;
}

/** Throws a UserError if img2dataset wrote the folder. For folders without a manifest. `action`: "retry in". */
export async function refuseUnadopted(output: string, action: string): Promise<void> {
  if ((await findImg2dataset(openStore(output))) === null) return;
  throw usageError(`Cannot ${action} '${output}': ${mustBeAdopted(output)}`);
}
