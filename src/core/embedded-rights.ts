/** What metadata in an image say about its use. A `RightsSignal` adds what the download knows of it. */
export interface EmbeddedStatement {
  readonly mechanism: 'plus-data-mining' | 'xmp-tdm-reservation' | 'c2pa';
  /** As in `RightsSignal`. */
  readonly verdict: 'deny' | 'allow' | 'unknown' | 'record';
  /** The text that says it, cut as that of a signal. */
  readonly raw: string;
}

/** Who made an image and what they ask for, in their own words: at most 1 KiB each, without control characters. */
export interface Attribution {
  readonly creator: string | null;
  readonly copyright: string | null;
  /** Who is to be named as the source, such as an agency. */
  readonly credit: string | null;
  readonly usageTerms: string | null;
  /** Address of the licence. */
  readonly licenseUrl: string | null;
  /** Address of a page about the rights in the image. */
  readonly webStatement: string | null;
  /** IPTC's term for how the image was made, such as trainedAlgorithmicMedia. */
  readonly digitalSource: string | null;
}

/** The texts that may name the licence of an image, the first to be asked first. */
export const licenceTexts = ({
  licenseUrl,
  webStatement,
  usageTerms,
  copyright,
}: Attribution): readonly (string | null)[] => [licenseUrl, webStatement, usageTerms, copyright];

/** The rights metadata of an image. */
export interface EmbeddedRights {
  readonly statements: readonly EmbeddedStatement[];
  readonly attribution: Attribution;
}
