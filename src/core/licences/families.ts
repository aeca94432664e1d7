/** Licences and statements that `--license` can ask for. A family has all versions and ports of a licence. */
export const LICENCE_FAMILIES = [
  ...['cc0', 'pdm', 'public-domain', 'us-gov', 'no-known-restrictions'],
  ...['by', 'by-sa', 'by-nd', 'by-nc', 'by-nc-sa', 'by-nc-nd', 'sampling'],
  ...['gfdl', 'fal', 'ogl', 'odbl', 'mit', 'apache', 'unsplash', 'pexels', 'pixabay'],
  'all-rights-reserved',
] as const;
export type LicenceFamily = (typeof LICENCE_FAMILIES)[number];

export interface Licence {
  readonly family: LicenceFamily;
  /** Like an SPDX identifier, without the version if that is unknown: `CC-BY-SA-3.0-DE`, `CC-BY`. */
  readonly id: string;
}

/** Identifiers of what has no version that matters; SPDX' own where there are. */
const PLAIN_IDS: Readonly<Record<Exclude<LicenceFamily, `by${string}`>, string>> = {
  cc0: 'CC0-1.0',
  pdm: 'CC-PDM-1.0',
  'public-domain': 'LicenseRef-PublicDomain',
  'us-gov': 'LicenseRef-USGov',
  'no-known-restrictions': 'LicenseRef-NoKnownRestrictions',
  sampling: 'LicenseRef-CC-Sampling',
  gfdl: 'GFDL',
  fal: 'LAL',
  ogl: 'OGL',
  odbl: 'ODbL-1.0',
  mit: 'MIT',
  apache: 'Apache-2.0',
  unsplash: 'LicenseRef-Unsplash',
  pexels: 'LicenseRef-Pexels',
  pixabay: 'LicenseRef-Pixabay',
  'all-rights-reserved': 'LicenseRef-AllRightsReserved',
};

/** A licence without a version. */
export const plainLicence = (family: keyof typeof PLAIN_IDS): Licence => ({ family, id: PLAIN_IDS[family] });

/**
 * The licence of Creative Commons with these elements, in any order: `by-nd-nc`. `version`: `3.0`, or 3 for that; `port`:
 * `de`, `igo`. Null if Creative Commons has none such; without `by`, it had some in its first version.
 */
export function ccLicence(elements: string, version?: string, port?: string): Licence | null {
  const parts = new Set(
    elements
      .toLowerCase()
      .split(/[^a-z]+/)
      .filter(Boolean),
  );
  const isShared = parts.has('sa');
  const isFixed = parts.has('nd') || parts.has('no');
  if (isShared && isFixed) return null;
  const commercial = parts.has('nc') ? '-nc' : '';
  const family = `by${commercial}${isShared ? '-sa' : isFixed ? '-nd' : ''}` as const;
  if (!parts.has('by') && !isShared && !isFixed && commercial === '') return null;
  const name = parts.has('by') ? family : family.slice(3);
  const number =
    version === undefined || version === '' ? '' : `-${version.includes('.') ? version : `${version}.0`}`;
  const place = number === '' || port === undefined ? '' : `-${port.toUpperCase()}`;
  return { family, id: `CC-${name.toUpperCase()}${number}${place}` };
}
