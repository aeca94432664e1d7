import { robotsLines } from './lines.ts';
import { matches, normalPath, type PathPattern, readPattern } from './pattern.ts';

/** A line that has to do with paths, in the words of the file. */
interface Line {
  /** `Disallow: /private`. */
  readonly raw: string;
}

interface Rule extends Line {
  readonly allows: boolean;
  readonly pattern: PathPattern;
}

/** `Content-Usage: /images/ train-ai=n`: a preference, for all paths or those that begin with one. */
export interface UsageRule extends Line {
  readonly path: PathPattern;
  readonly preference: string;
}

/** What robots.txt says to certain robots. */
export interface RobotsGroup {
  /** The longest pattern first, `Allow` before `Disallow` of the same length. */
  readonly rules: readonly Rule[];
  readonly usage: readonly UsageRule[];
  /** Values of `Content-Signal` lines. */
  readonly signals: readonly string[];
  /** Seconds; null without a line. */
  readonly crawlDelay: number | null;
}

/** robots.txt as far as it concerns the robots that it was read for. */
export interface RobotsFile {
  /** The groups of all robots whose names we answer to; that of `*` if there is none of them. */
  readonly ours: readonly RobotsGroup[];
  /** The groups of the robots whose treatment is only recorded, by their names. */
  readonly others: ReadonlyMap<string, RobotsGroup>;
  /** URLs of licences (RSL). */
  readonly licenses: readonly string[];
}

interface OpenGroup {
  readonly agents: Set<string>;
  readonly rules: Rule[];
  readonly usage: UsageRule[];
  readonly signals: string[];
  crawlDelay: number | null;
  /** Whether a rule has ended its list of robots. */
  hasRules: boolean;
}

export interface RobotNames {
  /** Names that we answer to, in lower case. */
  readonly ours: readonly string[];
  /** Names whose treatment is recorded, in lower case. */
  readonly others: readonly string[];
}

const MAX_LICENSES = 8;

/** Reads robots.txt by RFC 9309, with the lines of AIPREF, Content Signals and RSL. Any bytes are a valid file. */
export function readRobots(body: Buffer, names: RobotNames): RobotsFile {
  const wanted = new Set(['*', ...names.ours, ...names.others]);
  const groups: OpenGroup[] = [];
  const licenses: string[] = [];
  let group: OpenGroup | undefined;
  for (const { name, value } of robotsLines(body)) {
    if (name === 'user-agent') {
      if (group === undefined || group.hasRules) {
        group = openGroup();
        groups.push(group);
      }
      group.agents.add(robotName(value));
    } else if (name === 'license') {
      if (licenses.length < MAX_LICENSES) licenses.push(utf8(value));
    } else if (name === 'content-signal' && group === undefined) {
      // Before any group it is meant for everybody.
      const all = openGroup();
      all.agents.add('*');
      all.signals.push(utf8(value));
      groups.push(all);
    } else if (group !== undefined) {
      group.hasRules ||= isRule(name);
      if (isAny(group.agents, wanted)) addLine(group, name, value);
    }
  }
  const groupOf = (robot: string): RobotsGroup | undefined =>
    merge(groups.filter(({ agents }) => agents.has(robot)));
  const named = names.ours.flatMap((robot) => groupOf(robot) ?? []);
  const everybody = groupOf('*');
  const fallback = everybody === undefined ? [] : [everybody];
  return {
    ours: named.length > 0 ? named : fallback,
    others: new Map(
      names.others.flatMap((robot) => {
        const found = groupOf(robot);
        return found === undefined ? [] : [[robot, found] as const];
      }),
    ),
    licenses,
  };
}

/** The rule that decides about a path (with its query); undefined if none matches. */
export function decidingRule({ rules }: RobotsGroup, path: string): Rule | undefined {
  const normal = normalPath(path);
  // A site cannot disallow the file that says so.
  if (normal === '/robots.txt') return undefined;
  return rules.find(({ pattern }) => matches(pattern, normal));
}

/** The preferences about a path: those of the longest matching path, which may have several. */
export function usageFor({ usage }: RobotsGroup, path: string): readonly UsageRule[] {
  const normal = normalPath(path);
  const matching = usage.filter((rule) => matches(rule.path, normal));
  const most = Math.max(...matching.map((rule) => rule.path.octets));
  return matching.filter((rule) => rule.path.octets === most);
}

/** Lines of RFC 9309 and AIPREF after which a `User-agent` line starts another group; other lines may stand anywhere. */
const isRule = (name: string): boolean => ['allow', 'disallow', 'content-usage'].includes(name);

function addLine(group: OpenGroup, name: string, value: string): void {
  if (name === 'allow' || name === 'disallow') {
    // An empty value matches nothing.
    if (value === '') return;
    const allows = name === 'allow';
    const raw = `${allows ? 'Allow' : 'Disallow'}: ${utf8(value)}`;
    group.rules.push({ allows, pattern: readPattern(own(value)), raw });
  } else if (name === 'content-usage') group.usage.push(usageRule(value));
  else if (name === 'content-signal') group.signals.push(utf8(value));
  else if (name === 'crawl-delay') {
    const seconds = Number(value.replace(',', '.'));
    if (value !== '' && seconds >= 0) group.crawlDelay = Math.max(group.crawlDelay ?? 0, seconds);
  }
}

/** A value that does not begin with a slash has no path. */
function usageRule(value: string): UsageRule {
  const [, path = '', preference = value] = /^(\/\S*)[ \t]+(.*)$/s.exec(value) ?? [];
  return { path: readPattern(own(path)), preference: own(preference), raw: `Content-Usage: ${utf8(value)}` };
}

function merge(groups: readonly OpenGroup[]): RobotsGroup | undefined {
  if (groups.length === 0) return undefined;
  const delays = groups.flatMap(({ crawlDelay }) => crawlDelay ?? []);
  return {
    rules: groups
      .flatMap(({ rules }) => rules)
      .sort((a, b) => b.pattern.octets - a.pattern.octets || Number(b.allows) - Number(a.allows)),
    usage: groups.flatMap(({ usage }) => usage),
    signals: groups.flatMap(({ signals }) => signals),
    crawlDelay: delays.length === 0 ? null : Math.max(...delays),
  };
}

function openGroup(): OpenGroup {
  return { agents: new Set(), rules: [], usage: [], signals: [], crawlDelay: null, hasRules: false };
}

/**
 * The name on a `User-agent` line, up to a blank or slash, in lower case. RFC 9309 allows no digits in it, but img2dataset
 * has one.
 */
function robotName(value: string): string {
  if (/^\*(\s|$)/.test(value)) return '*';
  return (/^[\w.-]+/.exec(value)?.[0] ?? '').toLowerCase();
}

function isAny(agents: ReadonlySet<string>, wanted: ReadonlySet<string>): boolean {
  for (const agent of agents) if (wanted.has(agent)) return true;
  return false;
}

const utf8 = (bytes: string): string => Buffer.from(bytes, 'latin1').toString('utf8');
/** A copy of a part of the file, which would else keep all of it in memory. */
const own = (bytes: string): string => Buffer.from(bytes, 'latin1').toString('latin1');
