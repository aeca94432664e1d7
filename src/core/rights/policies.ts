/** How opt-outs are treated; `mechanisms.ts` says what each policy does with each way to opt out. */
export const RIGHTS_POLICIES = ['off', 'record', 'standard', 'strict'] as const;
export type RightsPolicy = (typeof RIGHTS_POLICIES)[number];

/** Names by which robots.txt and X-Robots-Tag address us: our own, and those of the tools that we replace. */
export const OUR_TOKENS = ['laion-fetch', 'img2dataset', 'laiondownloader'] as const;
