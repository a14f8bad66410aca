/** Compares what scanners report of one image, and gives each difference its reason, or says that it has none. */
import type { Reported } from './purls.ts';

export type Tool = 'ours' | 'syft' | 'trivy' | 'grype';
export const NAMES: Readonly<Record<Tool, string>> = { ours: 'Pratique', syft: 'Syft', trivy: 'Trivy', grype: 'Grype' };

/** Something that some of the scanners report and some do not. */
export type Difference<T> = { each: T; found: readonly Tool[]; missed: readonly Tool[] };

/** Why scanners differ, and whose answer is right. */
export type Reason<T> = {
  applies: (difference: Difference<T>) => boolean;
  /** Whose answer is the right one. */
  right: string;
  why: string;
};

export type Group = { found: string; count: number; examples: string[]; right: string; why: string };

export type Reports<T> = Readonly<Partial<Record<Tool, ReadonlyMap<string, T>>>>;

/** All that not every scanner reports, in the order of the keys. */
export function differences<T>(reports: Reports<T>): Difference<T>[] {
  const tools = toolsOf(reports);
  const keys = new Set(tools.flatMap((tool) => [...(reports[tool]?.keys() ?? [])]));
  const all: Difference<T>[] = [];
  for (const key of [...keys].sort()) {
    const found = tools.filter((tool) => reports[tool]?.has(key));
    const first = found[0] && reports[found[0]]?.get(key);
    if (first !== undefined && found.length < tools.length)
      all.push({ each: first, found, missed: tools.filter((tool) => !found.includes(tool)) });
  }
  return all;
}

const toolsOf = <T>(reports: Reports<T>): Tool[] => Object.keys(reports) as Tool[];

export const UNEXPLAINED = 'UNEXPLAINED';
const EXAMPLES = 4;

/** Groups differences of one cause into one row; the first reason that applies counts. */
export function explain<T>(
  all: readonly Difference<T>[],
  reasons: readonly Reason<T>[],
  label: (each: T) => string,
): Group[] {
  const groups = new Map<string, Group>();
  for (const difference of all) {
    const reason = reasons.find((one) => one.applies(difference));
    const found = difference.found.map((tool) => NAMES[tool]).join(', ');
    const { right, why } = reason ?? { right: '?', why: UNEXPLAINED };
    const key = JSON.stringify([found, right, why]);
    const group = groups.get(key) ?? { found, count: 0, examples: [], right, why };
    group.count += 1;
    if (group.examples.length < EXAMPLES) group.examples.push(label(difference.each));
    groups.set(key, group);
  }
  return [...groups.values()].sort((a, b) => (a.found === b.found ? b.count - a.count : a.found < b.found ? -1 : 1));
}

/** How much of what a peer reports is in ours, and of what all peers report. */
export type Recall = { of: string; theirs: number; shared: number };

export function recall<T>(reports: Reports<T>): Recall[] {
  const peers = toolsOf(reports).filter((tool) => tool !== 'ours');
  const one = (tools: readonly Tool[]): Recall => {
    const [first, ...rest] = tools;
    const keys = [...(first ? (reports[first]?.keys() ?? []) : [])].filter((key) =>
      rest.every((tool) => reports[tool]?.has(key)),
    );
    return {
      of: tools.map((tool) => NAMES[tool]).join(' and '),
      theirs: keys.length,
      shared: keys.filter((key) => reports.ours?.has(key)).length,
    };
  };
  return [...peers.map((tool) => one([tool])), ...(peers.length > 1 ? [one(peers)] : [])];
}

export const labelOf = ({ type, name, version }: Reported): string => `${type} ${name} ${version}`;
