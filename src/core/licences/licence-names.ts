/** What people call licences that have no name of their own in SPDX' list. */
const NAMES: Readonly<Record<string, string>> = {
  'CC0-1.0': 'CC0 1.0',
  'CC-PDM-1.0': 'Public Domain Mark 1.0',
  'LicenseRef-PublicDomain': 'Public domain',
  'LicenseRef-USGov': 'Works of the US government',
  'LicenseRef-NoKnownRestrictions': 'No known copyright restrictions',
  'LicenseRef-CC-Sampling': 'CC Sampling (retired)',
  'LicenseRef-AllRightsReserved': 'All rights reserved',
  'LicenseRef-Unsplash': 'Unsplash licence',
  'LicenseRef-Pexels': 'Pexels licence',
  'LicenseRef-Pixabay': 'Pixabay licence',
  GFDL: 'GNU Free Documentation License',
  LAL: 'Free Art License',
  OGL: 'Open Government Licence',
  'ODbL-1.0': 'Open Database License 1.0',
  MIT: 'MIT licence',
  'Apache-2.0': 'Apache License 2.0',
};

const ADDRESSES: Readonly<Record<string, string>> = {
  'CC0-1.0': 'https://creativecommons.org/publicdomain/zero/1.0/',
  'CC-PDM-1.0': 'https://creativecommons.org/publicdomain/mark/1.0/',
  'LicenseRef-Unsplash': 'https://unsplash.com/license',
  'LicenseRef-Pexels': 'https://www.pexels.com/license/',
  'LicenseRef-Pixabay': 'https://pixabay.com/service/license-summary/',
  GFDL: 'https://www.gnu.org/licenses/fdl-1.3.html',
  LAL: 'https://artlibre.org/licence/lal/en/',
  OGL: 'https://www.nationalarchives.gov.uk/doc/open-government-licence/',
  'ODbL-1.0': 'https://opendatacommons.org/licenses/odbl/1-0/',
  MIT: 'https://opensource.org/license/mit',
  'Apache-2.0': 'https://www.apache.org/licenses/LICENSE-2.0',
};

/** The name of a licence for people: `CC BY-SA 3.0 DE`. */
export function licenceName(id: string): string {
  const [, elements, version, port] = /^CC-([A-Z-]+?)(?:-(\d\.\d)(?:-([A-Z]+))?)?$/.exec(id) ?? [];
  if (NAMES[id] !== undefined || elements === undefined) return NAMES[id] ?? id;
  return ['CC', elements, version ?? '(version not named)', port].filter(Boolean).join(' ');
}

/** The address of the text of a licence; null if it is not known, as for one of Creative Commons without a version. */
export function licenceAddress(id: string): string | null {
  const [, elements, version, port] = /^CC-([A-Z-]+?)-(\d\.\d)(?:-([A-Z]+))?$/.exec(id) ?? [];
  if (ADDRESSES[id] !== undefined || elements === undefined) return ADDRESSES[id] ?? null;
  const place = port === undefined ? '' : `${port.toLowerCase()}/`;
  return `https://creativecommons.org/licenses/${elements.toLowerCase()}/${version}/${place}`;
}
