import { availableParallelism } from 'node:os';
import { byteSize, choice, decimal, duration, flag, integer, optional, text } from './basic-types.ts';
import { directiveList, headerText, httpProxy, nameServers, networks, portNumbers } from './domain-types.ts';
import { optionGroup } from './option-spec.ts';

export const runOptions = {
  ...optionGroup('Network', {
    concurrency: {
      kind: integer({ min: 1, max: 65_536 }),
      default: 1024,
      help: 'Most requests in flight, the whole machine together',
      img2dataset: 'thread_count',
    },
    perHost: {
      kind: integer({ min: 1, max: 65_536 }),
      default: 16,
      help: 'Most connections to one host, the whole machine together',
    },
    perHostRate: {
      kind: optional(decimal({ min: 0.001, max: 100_000 })),
      default: null,
      help: 'Most requests a second to one host',
    },
    rate: {
      kind: optional(decimal({ min: 0.001, max: 1_000_000 })),
      default: null,
      help: 'Most requests a second over all hosts',
    },
    bandwidth: {
      kind: optional(byteSize({ min: 1024, max: 2 ** 40 })),
      default: null,
      help: 'Most bytes a second to receive, on average: 50MiB',
    },
    timeoutMs: {
      name: 'timeout',
      kind: duration({ min: 1, max: 3_600_000 }),
      default: 10_000,
      help: 'Longest wait for a connection, for the first byte and for the next',
    },
    deadlineMs: {
      name: 'deadline',
      kind: duration({ min: 1, max: 86_400_000 }),
      default: 30_000,
      help: 'Longest time for a whole attempt, from DNS to the last byte',
    },
    maxBytes: {
      kind: byteSize({ min: 1, max: 2 ** 31 - 1 }),
      default: 30 * 2 ** 20,
      help: 'Largest body to accept',
    },
    retries: {
      kind: integer({ min: 0, max: 100 }),
      default: 2,
      help: 'Later passes over rows whose failure may heal',
    },
    resolver: {
      kind: nameServers,
      default: [],
      help: 'Name servers to ask: 127.0.0.1:5353,1.1.1.1',
    },
    proxy: {
      kind: optional(httpProxy),
      default: null,
      help: 'HTTP proxy, http://user:password@host:port; it resolves names: only literals are judged',
    },
    insecureTls: {
      kind: flag,
      default: false,
      help: 'Accept invalid TLS certificates; the manifest of the run records it',
      img2dataset: 'ignore_ssl_certificate',
    },
  }),

  ...optionGroup('Manners and safety', {
    rights: {
      kind: choice(['off', 'standard']),
      default: 'standard',
      help: 'standard heeds opt-outs from training in X-Robots-Tag; off does not',
      dataset: true,
    },
    disallowedHeaderDirectives: {
      kind: directiveList,
      default: null,
      help: 'Directives of X-Robots-Tag that refuse a picture',
      dataset: true,
    },
    userAgent: {
      kind: optional(headerText),
      default: null,
      defaultText: 'laion-fetch, version, project',
      help: 'User-Agent header to send instead',
    },
    contact: {
      kind: optional(headerText),
      default: null,
      help: 'Mail address or URL that the User-Agent header names',
    },
    userAgentToken: {
      kind: optional(text('<word>', 'a word')),
      default: null,
      help: 'Further name under which X-Robots-Tag may address this run',
    },
    allowPrivate: {
      kind: networks,
      default: [],
      help: 'Private networks that may be reached: 127.0.0.0/8,10.1.0.0/16',
    },
    ports: {
      kind: portNumbers,
      default: [80, 443, 8080, 8443],
      help: 'Ports that may be dialled; inside --allow-private any',
    },
  }),

  ...optionGroup('Run', {
    decoders: {
      kind: integer({ min: 1, max: 1024, unit: 'processes' }),
      default: availableParallelism(),
      defaultText: 'one a core',
      help: 'Processes that decode pictures',
      img2dataset: 'processes_count',
    },
    lanes: {
      kind: integer({ min: 1, max: 64, unit: 'threads' }),
      default: Math.min(64, Math.ceil(availableParallelism() / 8)),
      defaultText: 'one for 8 cores',
      help: 'Event loops that share the hosts, the decoders and the limits; at most one a decoder',
    },
    failUnder: {
      kind: decimal({ min: 0, max: 1 }),
      default: 0,
      help: 'Lowest ratio of successes that still exits with 0',
    },
    progress: {
      kind: choice(['auto', 'bar', 'json', 'none']),
      default: 'auto',
      help: 'bar, json (a line each 10 s on standard error), none; auto looks at the terminal',
    },
    logLevel: {
      kind: choice(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']),
      default: 'warn',
      help: 'trace, debug, info, warn, error, fatal, silent',
    },
    logFile: {
      kind: optional(text('<file>', 'a file')),
      default: null,
      defaultText: 'standard error',
      help: 'File that the log is appended to',
    },
    json: {
      kind: flag,
      default: false,
      help: 'Print the result as one JSON document on standard output',
    },
    preset: {
      kind: optional(choice(['img2dataset'])),
      default: null,
      help: 'img2dataset: its defaults for everything that shapes the dataset',
    },
    config: {
      kind: optional(text('<file>', 'a JSON file')),
      default: null,
      help: 'JSON file with any of these options',
    },
  }),
} as const;
