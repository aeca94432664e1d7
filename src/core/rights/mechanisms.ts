import type { FailureCode } from '../failures.ts';
import type { RightsPolicy } from './policies.ts';

/**
 * What a policy does with the signals of a mechanism. `ignored`: they are not looked for. `recorded`: they are kept in the
 * record and never refuse. `honoured`: a `deny` refuses the image. `cautious`: a `record` does, too.
 */
export type Treatment = 'ignored' | 'recorded' | 'honoured' | 'cautious';

interface MechanismKind {
  /** Where it stands, in the words of the documentation. */
  readonly where: string;
  /** What counts as a refusal. */
  readonly refusal: string;
  /** How a row ends that it refuses. */
  readonly failure: FailureCode;
  readonly treatment: Readonly<Record<RightsPolicy, Treatment>>;
}

/** Read wherever anything is read. */
const READ: MechanismKind['treatment'] = {
  off: 'ignored',
  record: 'recorded',
  standard: 'honoured',
  strict: 'cautious',
};
/** Not a refusal by itself, but close enough to one that `strict` takes it for one. */
const RECORDED: MechanismKind['treatment'] = { ...READ, standard: 'recorded' };
/** Costs a request of its own to each host, for little. */
const STRICT_ALONE: MechanismKind['treatment'] = { ...READ, record: 'ignored', standard: 'ignored' };
/** What the user says is honoured whatever the policy. */
const OWN: MechanismKind['treatment'] = {
  off: 'honoured',
  record: 'honoured',
  standard: 'honoured',
  strict: 'honoured',
};

/**
 * Every machine-readable way to say no to training that is read, and what each policy does with it. The decision, the
 * failure codes and the table of docs/rights.md all come from here. The names are part of the output format.
 */
export const MECHANISMS = {
  'deny-list': {
    where: '`--deny-list`: URLs, hosts, domains or digests',
    refusal: 'the URL, its host or domain, or the digest of the image is on the list',
    failure: 'deny_list',
    treatment: OWN,
  },
  'robots.txt': {
    where:
      '`/robots.txt`: groups of laion-fetch, img2dataset, LAIONDownloader and `--rights-tokens`, else `*`',
    refusal: '`Disallow` is the longest match for the path',
    failure: 'robots_disallowed',
    treatment: READ,
  },
  'robots-unreachable': {
    where: '`/robots.txt` that cannot be had: 429, 5xx, no answer',
    refusal: 'always, as RFC 9309 asks; not for good',
    failure: 'robots_unreachable',
    treatment: READ,
  },
  'robots-content-usage': {
    where: '`Content-Usage` in a group of `/robots.txt` (AIPREF)',
    refusal: '`train-ai=n` at the longest matching path, or one of its older names',
    failure: 'optout_robots',
    treatment: READ,
  },
  'robots-content-signal': {
    where: '`Content-Signal` in a group of `/robots.txt`',
    refusal: '`ai-train=no`',
    failure: 'optout_robots',
    treatment: READ,
  },
  'robots-ai-bots': {
    where: '`/robots.txt`: groups of CCBot, GPTBot and Google-Extended',
    refusal: 'one of them may not have the path (name it in `--rights-tokens` to honour it)',
    failure: 'robots_disallowed',
    treatment: RECORDED,
  },
  rsl: {
    where: '`License:` in `/robots.txt`, `Link: rel="license"` of type `application/rsl+xml` (RSL 1.0)',
    refusal:
      'its file (asked for with `strict` alone) prohibits training, does not permit it or asks for payment; one that is not read',
    failure: 'optout_license',
    treatment: RECORDED,
  },
  'tdmrep.json': {
    where: '`/.well-known/tdmrep.json` (TDMRep)',
    refusal: 'the first rule for the path has `tdm-reservation` 1',
    failure: 'optout_tdmrep',
    treatment: READ,
  },
  'ai.txt': {
    where: '`/ai.txt` (Spawning)',
    refusal: '`Disallow` matches',
    failure: 'optout_ai_txt',
    treatment: STRICT_ALONE,
  },
  'x-robots-tag': {
    where: '`X-Robots-Tag` of every answer, redirects too',
    refusal: 'noai, noimageai, noml, noindex, noimageindex or none, for all robots or for us',
    failure: 'optout_x_robots',
    treatment: READ,
  },
  'robots-tag': {
    where: '`Robots-Tag` of every answer',
    refusal: 'as `X-Robots-Tag`',
    failure: 'optout_header',
    treatment: READ,
  },
  'content-usage': {
    where: '`Content-Usage` of every answer (AIPREF)',
    refusal: '`train-ai=n`, or one of its older names',
    failure: 'optout_header',
    treatment: READ,
  },
  'content-signal': {
    where: '`Content-Signal` of every answer',
    refusal: '`ai-train=no`',
    failure: 'optout_header',
    treatment: READ,
  },
  'tdm-reservation': {
    where: '`TDM-Reservation` of every answer (TDMRep)',
    refusal: 'its value is 1',
    failure: 'optout_header',
    treatment: READ,
  },
  'plus-data-mining': {
    where: '`plus:DataMining` in XMP',
    refusal: 'one of the codes DMI-PROHIBITED',
    failure: 'optout_metadata',
    treatment: READ,
  },
  'xmp-tdm-reservation': {
    where: '`tdm:reservation` in XMP',
    refusal: 'its value is 1',
    failure: 'optout_metadata',
    treatment: READ,
  },
  c2pa: {
    where: 'C2PA and CAWG: `training-mining` assertions of any manifest in the image',
    refusal: 'training or data mining is notAllowed or constrained',
    failure: 'optout_c2pa',
    treatment: READ,
  },
} as const satisfies Record<string, MechanismKind>;

export type Mechanism = keyof typeof MECHANISMS;

export const MECHANISM_NAMES = Object.keys(MECHANISMS) as readonly Mechanism[];

/** What the policy does with the mechanism. */
export function treatmentOf(mechanism: Mechanism, policy: RightsPolicy): Treatment {
  return MECHANISMS[mechanism].treatment[policy];
}
