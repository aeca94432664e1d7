import { PRESET_NAMES } from '../../core/choices.ts';
import { RIGHTS_POLICIES } from '../../core/rights/policies.ts';
import { machineLimits } from '../../util/machine/machine-limits.ts';
import { byteSize, choice, decimal, duration, flag, integer, optional, text } from './basic-types.ts';
import {
  directiveList,
  fileList,
  headerText,
  httpProxy,
  licenceList,
  listenAddress,
  nameServers,
  networks,
  portNumbers,
  robotTokens,
  ruleFiles,
  storePlaces,
} from './domain-types.ts';
import { machineOptions } from './machine-options.ts';
import { optionGroup } from './option-spec.ts';
import { requestHeaders } from './request-headers.ts';

export const runOptions = {
  ...optionGroup('Network', {
    concurrency: {
      type: integer({ min: 1, max: 65_536 }),
      default: 1024,
      help: 'Maximum requests in flight, in all',
      img2dataset: 'thread_count',
    },
    perHost: {
      type: integer({ min: 1, max: 65_536 }),
      default: 16,
      help: 'Maximum connections to one host',
    },
    perAddress: {
      type: optional(integer({ min: 1, max: 65_536 })),
      default: null,
      help: 'Maximum connections to one IP address',
    },
    perHostRate: {
      type: optional(decimal({ min: 0.001, max: 100_000 })),
      default: null,
      help: 'Maximum requests per second to one host',
    },
    rate: {
      type: optional(decimal({ min: 0.001, max: 1_000_000 })),
      default: null,
      help: 'Maximum requests per second, in all',
    },
    bandwidth: {
      type: optional(byteSize({ min: 1024, max: 2 ** 40 })),
      default: null,
      help: 'Maximum bytes per second to receive, on average: 50MiB',
    },
    timeoutMs: {
      name: 'timeout',
      type: duration({ min: 1, max: 3_600_000 }),
      default: 10_000,
      help: 'Maximum wait for a connection, for the first byte and for each next byte',
    },
    deadlineMs: {
      name: 'deadline',
      type: duration({ min: 1, max: 86_400_000 }),
      default: 30_000,
      help: 'Maximum time for a whole attempt, from DNS to the last byte',
    },
    maxBytes: {
      type: byteSize({ min: 1, max: 2 ** 31 - 1 }),
      default: 30 * 2 ** 20,
      help: 'Maximum size of a download',
    },
    retries: {
      type: integer({ min: 0, max: 100 }),
      default: 2,
      help: 'Extra attempts for temporary failures',
    },
    patienceMs: {
      name: 'patience',
      type: optional(duration({ min: 0, max: 900_000 })),
      default: null,
      defaultText: 'a tenth of the run, 30s to 15m',
      help: 'Maximum wait for hosts that answer 429 or 503 to everything, once nothing else is left to do',
    },
    resolver: {
      type: nameServers,
      default: [],
      help: 'Name servers to use: 127.0.0.1:5353,1.1.1.1',
    },
    proxy: {
      type: optional(httpProxy),
      default: null,
      help: 'HTTP proxy, http://user:password@host:port; it resolves names, so only literal IPs are checked',
    },
    insecureTls: {
      type: flag,
      default: false,
      help: 'Accept invalid TLS certificates; the manifest records this',
      img2dataset: 'ignore_ssl_certificate',
    },
  }),

  ...optionGroup('Rights', {
    rights: {
      type: choice(RIGHTS_POLICIES),
      default: 'standard',
      help: 'Opt-outs from training (docs/rights.md): off, record, standard, strict',
      dataset: true,
    },
    rightsTokens: {
      type: robotTokens,
      default: [],
      help: 'More robot names to obey in robots.txt, beside our own: CCBot,GPTBot',
      dataset: true,
    },
    rightsFiles: {
      type: ruleFiles,
      default: null,
      defaultText: 'by policy',
      help: 'Files to ask each host for: robots.txt,tdmrep.json,ai.txt, or none',
      dataset: true,
    },
    rightsInJson: {
      type: flag,
      default: true,
      help: 'Record what owners said in the JSON of samples, too',
      dataset: true,
    },
    disallowedHeaderDirectives: {
      type: directiveList,
      default: null,
      help: 'X-Robots-Tag directives that opt an image out',
      dataset: true,
    },
    userAgentToken: {
      type: optional(text('<word>', 'a word')),
      default: null,
      help: 'Additional robot name to honour in X-Robots-Tag',
    },
    license: {
      type: optional(licenceList),
      default: null,
      help: 'Only images of these licences: cc0,by,by-sa,pdm (docs/licences.md)',
      dataset: true,
    },
    keepRightsMetadata: {
      type: flag,
      default: false,
      help: 'Write creator, copyright, licence and opt-outs of the original as XMP into encoded images',
      dataset: true,
    },
    denyList: {
      type: fileList,
      default: [],
      isRepeatable: true,
      help: 'File of URLs, hosts, domains and digests never to fetch (docs/deny-lists.md)',
    },
  }),

  ...optionGroup('Politeness and safety', {
    userAgent: {
      type: optional(headerText),
      default: null,
      defaultText: 'laion-fetch, version, project',
      help: 'User-Agent header to send',
    },
    contact: {
      type: optional(headerText),
      default: null,
      help: 'E-mail address or URL to name in the User-Agent header',
    },
    requestHeader: {
      type: requestHeaders,
      default: [],
      isRepeatable: true,
      help: "Header for the hosts of the index, not for redirects to others: 'Referer: https://a.example/'",
    },
    allowPrivate: {
      type: networks,
      default: [],
      help: 'Private networks that may be contacted: 127.0.0.0/8,10.1.0.0/16',
    },
    allowStore: {
      type: storePlaces,
      default: [],
      help: 'Stores whose objects rows may name as URLs: s3://bucket,gs://bucket/folder',
    },
    ports: {
      type: portNumbers,
      default: [80, 443, 8080, 8443],
      help: 'Allowed ports (any port inside --allow-private)',
    },
  }),

  ...machineOptions,

  ...optionGroup('Run', {
    decoders: {
      type: integer({ min: 1, max: 1024, unit: 'processes' }),
      default: machineLimits().cores,
      defaultText: 'one per core',
      help: 'Processes that decode images',
      img2dataset: 'processes_count',
    },
    lanes: {
      type: integer({ min: 1, max: 64, unit: 'threads' }),
      default: Math.min(64, Math.ceil(machineLimits().cores / 8)),
      defaultText: 'one per 8 cores',
      help: 'Threads that share hosts and decoders',
    },
    scratch: {
      type: optional(text('<dir>', 'a folder')),
      default: null,
      defaultText: "the user's cache",
      help: 'Local folder for unfinished shards when --output is a store',
    },
    failUnder: {
      type: decimal({ min: 0, max: 1 }),
      default: 0,
      help: 'Exit with code 5 if the success ratio is below this',
    },
    dryRun: {
      type: flag,
      default: false,
      help: 'Only print what the download would do and take, as laion-fetch plan does',
      short: 'n',
    },
    quiet: {
      type: flag,
      default: false,
      help: 'Print only errors and --json',
      short: 'q',
    },
    progress: {
      type: choice(['auto', 'bar', 'json', 'none']),
      default: 'auto',
      help: 'bar, json (a line every 10 s on standard error), none; auto: bar on a terminal',
    },
    logLevel: {
      type: choice(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']),
      default: 'warn',
      help: 'trace, debug, info, warn, error, fatal, silent',
    },
    logFile: {
      type: optional(text('<file>', 'a file')),
      default: null,
      defaultText: 'standard error',
      help: 'File to append the log to',
    },
    metrics: {
      type: optional(listenAddress),
      default: null,
      help: 'Address for Prometheus: 127.0.0.1:9464',
    },
    json: {
      type: flag,
      default: false,
      help: 'Print the result as one JSON document on standard output',
    },
    preset: {
      type: optional(choice(PRESET_NAMES)),
      default: null,
      help: `Known settings: ${PRESET_NAMES.join(', ')}`,
    },
    config: {
      type: optional(text('<file>', 'a JSON, YAML or TOML file')),
      default: null,
      help: 'JSON, YAML or TOML file that sets any of these options',
    },
  }),
} as const;
