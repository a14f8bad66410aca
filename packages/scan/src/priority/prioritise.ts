/** One score for how soon to look at a finding, and what it is made of. */
import {
  type Finding,
  PRIORITY_POINTS,
  type Priority,
  type PriorityFactor,
  type RankedFinding,
  SEVERITY_POINTS,
} from '@pratique/contract';
import type { Likelihood } from '../advisories/store.ts';

/** What an image's configuration says of how its program is met; null where no image is at hand, as for a folder. */
export type Exposure = {
  /** As written: a name or number, with or without a group. Empty is root. */
  user: string;
  /** Ports that it says it listens on: `8080/tcp`. */
  ports: readonly string[];
};

export type PriorityContext = { likelihood: (cve: string) => Likelihood | null; exposure: Exposure | null };

/** Findings with their priority, the most urgent first; what does not affect the image is last, with a score of 0. */
export function prioritise(findings: readonly Finding[], context: PriorityContext): RankedFinding[] {
  const around = [exposure(context.exposure), privilege(context.exposure), IN_USE];
  return findings
    .map((finding) => ({ ...finding, priority: priorityOf(finding, context, around) }))
    .sort(
      (a, b) => b.priority.score - a.priority.score || byText(a.id, b.id) || byText(a.package.purl, b.package.purl),
    );
}

function priorityOf(finding: Finding, { likelihood }: PriorityContext, around: readonly PriorityFactor[]): Priority {
  if (finding.status === 'not-affected') return { score: 0, factors: [] };
  const factors = [exploited(finding), likely(finding, likelihood), severity(finding), fix(finding), ...around];
  return {
    score: Math.min(
      100,
      factors.reduce((sum, factor) => sum + factor.points, 0),
    ),
    factors,
  };
}

function exploited({ exploited: known }: Finding): PriorityFactor {
  return known
    ? { name: 'exploited', points: PRIORITY_POINTS.exploited, detail: 'it is known to be exploited (CISA KEV)' }
    : { name: 'exploited', points: 0, detail: 'no attack is known (CISA KEV)' };
}

/** By rank, not by probability: half of all holes are below one in a thousand, and the order is what counts. */
function likely(finding: Finding, likelihood: PriorityContext['likelihood']): PriorityFactor {
  const cves = [finding.id, ...finding.aliases].filter((name) => name.startsWith('CVE-'));
  const best = cves
    .flatMap((cve) => likelihood(cve) ?? [])
    .reduce<Likelihood | null>((top, one) => (top && top.percentile >= one.percentile ? top : one), null);
  if (!best) return { name: 'likelihood', points: 0, detail: 'how likely an attack is is not known (EPSS)' };
  const above = Math.max(0, best.percentile - 0.5) * 2;
  return {
    name: 'likelihood',
    points: Math.round(PRIORITY_POINTS.likelihood * above),
    detail: `${(best.probability * 100).toFixed(best.probability < 0.1 ? 2 : 0)} % likely to be attacked within 30 days, more than ${Math.floor(best.percentile * 100)} % of all (EPSS)`,
  };
}

function severity({ severity: word, evidence }: Finding): PriorityFactor {
  const by = evidence.severitySource === null ? 'nobody has rated it' : `by ${evidence.severitySource}`;
  return { name: 'severity', points: SEVERITY_POINTS[word], detail: `${word}: ${by}` };
}

function fix({ fixedVersion, status }: Finding): PriorityFactor {
  if (fixedVersion !== null) return { name: 'fix', points: PRIORITY_POINTS.fix, detail: `fixed in ${fixedVersion}` };
  const detail = status === 'will-not-fix' ? 'its publisher will not fix it' : 'there is no fix yet';
  return { name: 'fix', points: 0, detail };
}

function exposure(known: Exposure | null): PriorityFactor {
  if (!known) return { name: 'exposure', points: 0, detail: 'what it listens on is not known' };
  if (known.ports.length === 0) return { name: 'exposure', points: 0, detail: 'the image names no port' };
  const listed = known.ports.slice(0, 5).join(', ');
  return {
    name: 'exposure',
    points: PRIORITY_POINTS.exposure,
    detail: `the image listens on ${listed}${known.ports.length > 5 ? ', …' : ''}`,
  };
}

function privilege(known: Exposure | null): PriorityFactor {
  if (!known) return { name: 'privilege', points: 0, detail: 'as whom it runs is not known' };
  const user = known.user.split(':', 1)[0] ?? '';
  const isRoot = /^(?:0+|root)?$/.test(user);
  return {
    name: 'privilege',
    points: isRoot ? PRIORITY_POINTS.privilege : 0,
    detail: isRoot ? 'the image runs as root' : `the image runs as ${JSON.stringify(user.slice(0, 50))}`,
  };
}

/** Whether the package is loaded where the image runs is for sensors to say. */
const IN_USE: PriorityFactor = { name: 'in-use', points: 0, detail: 'whether it is loaded at run time is not known' };

function byText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
