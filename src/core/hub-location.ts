/** A dataset on the Hugging Face hub and a path in it: `hf://datasets/owner/name@revision/path`. */
export interface HubLocation {
  readonly name: string;
  /** A branch, tag or commit; null for the main branch. */
  readonly revision: string | null;
  /** Without slashes at its ends; may be empty. */
  readonly path: string;
}

/** References with a slash are written as they are, as the Python client does it; in other revisions it is escaped. */
const LOCATION = /^hf:\/\/datasets\/([^/@]+\/[^/@]+)(?:@(refs\/(?:convert|pr)\/[^/]+|[^/]+))?(?:\/(.*))?$/is;

/** Null if the text names no dataset of the hub. */
export function parseHubLocation(text: string): HubLocation | null {
  const [, name, revision, path = ''] = LOCATION.exec(text) ?? [];
  if (name === undefined) return null;
  return {
    name,
    revision: revision === undefined ? null : decoded(revision).replace(/^~/, 'refs/convert/'),
    path: path.replace(/^\/+|\/+$/g, ''),
  };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
