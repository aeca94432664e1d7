import { ObjectError } from '../interface/object-error.ts';

export type HubModule = typeof import('@huggingface/hub');

let loaded: Promise<HubModule> | null = null;

/** The hub's client, loaded when it is first used. */
export function loadHub(): Promise<HubModule> {
  loaded ??= import('@huggingface/hub').catch((error: unknown) => {
    const remedy = 'npm install @huggingface/hub';
    throw new ObjectError('refused', `the package for the hub is not installed; run ${remedy}`, {
      cause: error,
    });
  });
  return loaded;
}
