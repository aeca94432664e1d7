/** Wikimedia Commons: names of templates, short names and addresses of licences. */
const WIKIMEDIA = 'github.com/FaFre/wiki_image_license: lib/src/data/license_data.dart';
/** Wikimedia Commons: what its API answers as `extmetadata`. */
const EXTMETADATA =
  'github.com/StarCitizenTools/starcitizen-tools: extensions/CommonsMetadata/tests/data/File_Pentacle_3.svg.php';
/** rightsstatements.org, which Europeana uses as `edm:rights`: addresses and labels. */
const STATEMENTS =
  'github.com/paradicms/paradicms.github.io: docs/reference/ambient-data/tables/_ambient-rights-statement-table.md';
const DPLA = 'github.com/dpla/dpla-frontend: constants/rights.js';
/** YFCC100M, columns 17 and 18; the same names as Flickr's API gives. */
const YFCC =
  'lbsntransform, the mapping of YFCC100M, which names flickr.com/services/api/flickr.photos.licenses.getInfo.html';
const INATURALIST =
  'github.com/munnk36/snake-quiz: src/Sq.Ui/src/shared/components/PhotoAttribution/constants.ts';
/** GBIF's API: the enumeration of licences of an occurrence. */
const GBIF = 'api.gbif.org/v1/occurrence: the enumeration License, in several public clients';
const GBIF_DOWNLOAD = 'github.com/jmcastagnetto/gbif-pl-dashboard: sources.md';
const OPEN_IMAGES = 'github.com/openimages/dataset: READMEV3.md, images.csv';
/** Openverse: the names that its API gives as `license`. */
const OPENVERSE =
  'github.com/WordPress/openverse: packages/python/openverse-attribution/src/openverse_attribution/data/all_licenses.json';
const COMMON_CATALOG = 'huggingface.co/datasets/common-canvas/commoncatalog-cc-by, -cc-by-nc';

/** Spellings as they stand in public files, each with the file. Null: they name no licence. */
export const CITED: readonly (readonly [text: string, id: string | null, source: string])[] = [
  ['cc-by-sa-2.5', 'CC-BY-SA-2.5', WIKIMEDIA],
  ['CC BY-SA 2.5', 'CC-BY-SA-2.5', WIKIMEDIA],
  ['cc-by-sa-2.0-de', 'CC-BY-SA-2.0-DE', WIKIMEDIA],
  ['CC BY-SA 2.0 DE', 'CC-BY-SA-2.0-DE', WIKIMEDIA],
  ['cc-by-sa-1.0', 'CC-BY-SA-1.0', WIKIMEDIA],
  ['cc-by-4.0', 'CC-BY-4.0', WIKIMEDIA],
  ['CC BY 4.0', 'CC-BY-4.0', WIKIMEDIA],
  ['cc-by-3.0-de', 'CC-BY-3.0-DE', WIKIMEDIA],
  ['CC BY 3.0 DE', 'CC-BY-3.0-DE', WIKIMEDIA],
  ['cc-by-2.0-uk', 'CC-BY-2.0-UK', WIKIMEDIA],
  ['cc-by-1.0-fi', 'CC-BY-1.0-FI', WIKIMEDIA],
  ['cc-zero', 'CC0-1.0', WIKIMEDIA],
  ['CC0 1.0', 'CC0-1.0', WIKIMEDIA],
  ['PD-1923', 'LicenseRef-PublicDomain', WIKIMEDIA],
  ['PD-anon-70-EU', 'LicenseRef-PublicDomain', WIKIMEDIA],
  ['PD-AR-Anonymous', 'LicenseRef-PublicDomain', WIKIMEDIA],
  ['PD-Antigua and Barbuda', 'LicenseRef-PublicDomain', WIKIMEDIA],
  ['PD-ancient-script', 'LicenseRef-PublicDomain', WIKIMEDIA],
  ['Public Domain', 'LicenseRef-PublicDomain', WIKIMEDIA],
  ['https://creativecommons.org/licenses/by/2.1/jp/deed.en', 'CC-BY-2.1-JP', WIKIMEDIA],
  ['https://creativecommons.org/licenses/by/2.0/za/deed.en', 'CC-BY-2.0-ZA', WIKIMEDIA],
  ['https://creativecommons.org/publicdomain/zero/1.0/legalcode', 'CC0-1.0', WIKIMEDIA],
  ['https://creativecommons.org/licenses/by-sa/2.0/de/legalcode', 'CC-BY-SA-2.0-DE', WIKIMEDIA],
  ['https://creativecommons.org/licenses/by-sa/2.0/legalcode/', 'CC-BY-SA-2.0', WIKIMEDIA],
  ['CC-BY-SA-3.0', 'CC-BY-SA-3.0', EXTMETADATA],
  ['Creative Commons Attribution-Share Alike 3.0', 'CC-BY-SA-3.0', EXTMETADATA],
  ['http://creativecommons.org/licenses/by-sa/3.0/', 'CC-BY-SA-3.0', EXTMETADATA],
  ['cc-by-sa-3.0', 'CC-BY-SA-3.0', EXTMETADATA],
  ['http://rightsstatements.org/vocab/CNE/1.0/', null, STATEMENTS],
  ['Copyright Not Evaluated', null, STATEMENTS],
  ['http://rightsstatements.org/vocab/InC/1.0/', 'LicenseRef-AllRightsReserved', STATEMENTS],
  ['In Copyright', 'LicenseRef-AllRightsReserved', STATEMENTS],
  ['http://rightsstatements.org/vocab/InC-EDU/1.0/', 'LicenseRef-AllRightsReserved', STATEMENTS],
  ['In Copyright - Educational Use Permitted', 'LicenseRef-AllRightsReserved', STATEMENTS],
  ['http://rightsstatements.org/vocab/InC-NC/1.0/', 'LicenseRef-AllRightsReserved', STATEMENTS],
  ['In Copyright - Non-Commercial Use Permitted', 'LicenseRef-AllRightsReserved', STATEMENTS],
  ['http://rightsstatements.org/vocab/InC-OW-EU/1.0/', 'LicenseRef-AllRightsReserved', STATEMENTS],
  ['In Copyright - EU Orphan Work', 'LicenseRef-AllRightsReserved', STATEMENTS],
  ['http://rightsstatements.org/vocab/InC-RUU/1.0/', 'LicenseRef-AllRightsReserved', STATEMENTS],
  [
    'In Copyright - Rights-holder(s) Unlocatable or Unidentifiable',
    'LicenseRef-AllRightsReserved',
    STATEMENTS,
  ],
  ['http://rightsstatements.org/vocab/NKC/1.0/', 'LicenseRef-NoKnownRestrictions', STATEMENTS],
  ['No Known Copyright', 'LicenseRef-NoKnownRestrictions', STATEMENTS],
  ['http://rightsstatements.org/vocab/NoC-CR/1.0/', null, STATEMENTS],
  ['No Copyright - Contractual Restrictions', null, STATEMENTS],
  ['http://rightsstatements.org/vocab/NoC-NC/1.0/', null, STATEMENTS],
  ['No Copyright - Non-Commercial Use Only', null, STATEMENTS],
  ['http://rightsstatements.org/vocab/NoC-OKLR/1.0/', null, STATEMENTS],
  ['No Copyright - Other Known Legal Restrictions', null, STATEMENTS],
  ['http://rightsstatements.org/vocab/NoC-US/1.0/', 'LicenseRef-PublicDomain', STATEMENTS],
  ['No Copyright - United States', 'LicenseRef-PublicDomain', STATEMENTS],
  ['http://rightsstatements.org/vocab/UND/1.0/', null, STATEMENTS],
  ['No Copyright - In the United States', 'LicenseRef-PublicDomain', DPLA],
  ['All Rights Reserved', 'LicenseRef-AllRightsReserved', YFCC],
  ['Attribution-NonCommercial-ShareAlike License', 'CC-BY-NC-SA', YFCC],
  ['Attribution-NonCommercial License', 'CC-BY-NC', YFCC],
  ['Attribution-NonCommercial-NoDerivs License', 'CC-BY-NC-ND', YFCC],
  ['Attribution License', 'CC-BY', YFCC],
  ['Attribution-ShareAlike License', 'CC-BY-SA', YFCC],
  ['Attribution-NoDerivs License', 'CC-BY-ND', YFCC],
  ['No known copyright restrictions', 'LicenseRef-NoKnownRestrictions', YFCC],
  ['United States Government Work', 'LicenseRef-USGov', YFCC],
  ['Public Domain Dedication (CC0)', 'CC0-1.0', YFCC],
  ['Public Domain Mark', 'CC-PDM-1.0', YFCC],
  ['http://creativecommons.org/licenses/by-nc-nd/2.0/', 'CC-BY-NC-ND-2.0', YFCC],
  ['CC0', 'CC0-1.0', INATURALIST],
  ['CC-BY', 'CC-BY', INATURALIST],
  ['CC-BY-SA', 'CC-BY-SA', INATURALIST],
  ['CC-BY-ND', 'CC-BY-ND', INATURALIST],
  ['CC-BY-NC', 'CC-BY-NC', INATURALIST],
  ['CC-BY-NC-SA', 'CC-BY-NC-SA', INATURALIST],
  ['CC-BY-NC-ND', 'CC-BY-NC-ND', INATURALIST],
  ['CC0_1_0', 'CC0-1.0', GBIF],
  ['CC_BY_4_0', 'CC-BY-4.0', GBIF],
  ['CC_BY_NC_4_0', 'CC-BY-NC-4.0', GBIF],
  ['UNSPECIFIED', null, GBIF],
  ['UNSUPPORTED', null, GBIF],
  ['http://creativecommons.org/licenses/by-nc/4.0/legalcode', 'CC-BY-NC-4.0', GBIF_DOWNLOAD],
  ['CC BY-SA 4.0', 'CC-BY-SA-4.0', GBIF_DOWNLOAD],
  ['https://creativecommons.org/licenses/by/2.0/', 'CC-BY-2.0', OPEN_IMAGES],
  ['CC BY 2.0', 'CC-BY-2.0', OPEN_IMAGES],
  ['cc-by-nc-4.0', 'CC-BY-NC-4.0', COMMON_CATALOG],
  ['by', 'CC-BY', OPENVERSE],
  ['by-sa', 'CC-BY-SA', OPENVERSE],
  ['by-nd', 'CC-BY-ND', OPENVERSE],
  ['by-nc', 'CC-BY-NC', OPENVERSE],
  ['by-nc-sa', 'CC-BY-NC-SA', OPENVERSE],
  ['by-nc-nd', 'CC-BY-NC-ND', OPENVERSE],
  ['by-nd-nc', 'CC-BY-NC-ND', OPENVERSE],
  ['nc-sa', 'CC-NC-SA', OPENVERSE],
  ['nd', 'CC-ND', OPENVERSE],
  ['sampling', 'LicenseRef-CC-Sampling', OPENVERSE],
  ['sampling+', 'LicenseRef-CC-Sampling', OPENVERSE],
  ['nc-sampling+', 'LicenseRef-CC-Sampling', OPENVERSE],
  ['cc0', 'CC0-1.0', OPENVERSE],
  ['pdm', 'CC-PDM-1.0', OPENVERSE],
  ['devnations', null, OPENVERSE],
];
