import { parseHubLocation } from '../core/store-schemes.ts';
import { redactUrl } from '../util/text/redact-url.ts';
import { ObjectError } from './interface/object-error.ts';
import type { ObjectReader } from './interface/object-reader.ts';
import { openObjects } from './open-objects.ts';

export interface ReaderOptions {
  /** An HTTP proxy for web servers and the hub, `http://user:password@host:port`; null for none. */
  readonly proxy: string | null;
  readonly env: NodeJS.ProcessEnv;
}

/** Where objects are, and which of them are meant: a key, a prefix of keys or a glob. */
export interface OpenedLocation {
  readonly reader: ObjectReader;
  readonly path: string;
  /** Whether the location can tell the names of its objects. */
  readonly lists: boolean;
}

/**
 * Opens what a URL such as `s3://bucket/laion/*.parquet`, `hf://datasets/owner/name` or `https://host/part-0.parquet`
 * names, for reading. Makes no request.
 * @throws ObjectError if the URL is none that can be read
 */
export async function openLocation(text: string, { proxy, env }: ReaderOptions): Promise<OpenedLocation> {
  const [, scheme = '', root = '', path = ''] =
    /^([a-z][a-z\d+.-]+):\/\/([^/?#]*)\/?(.*)$/is.exec(text) ?? [];
  switch (scheme.toLowerCase()) {
    case 'http':
    case 'https': {
      const [{ WebFiles }, { openConnections }] = await Promise.all([
        import('./https/web-files.ts'),
        import('./https/connections.ts'),
      ]);
      const access = { dispatcher: openConnections(proxy), headers: {} };
      return { reader: new WebFiles(`${scheme.toLowerCase()}://${root}/`, access), path, lists: false };
    }
    case 'hf': {
      const [{ HubFiles }, { openConnections }] = await Promise.all([
        import('./hub/hub-files.ts'),
        import('./https/connections.ts'),
      ]);
      const location = parseHubLocation(text);
      if (location === null) {
        throw new ObjectError(
          'refused',
          'expected hf://datasets/owner/name, perhaps with @revision and a path',
        );
      }
      const reader = new HubFiles(location, { dispatcher: openConnections(proxy), env });
      return { reader, path: location.path, lists: true };
    }
  }
  const reader = openObjects(`${scheme}://${root}`);
  if (reader !== null) return { reader, path, lists: true };
  const expected = 'https://, hf://datasets/, s3://, gs:// or az://';
  throw new ObjectError(
    'refused',
    `'${redactUrl(text)}' is no place to read from; expected one that begins with ${expected}`,
  );
}
