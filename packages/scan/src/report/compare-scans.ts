/** Compares two scans: what came, what went, and which holes with it. */
import type { ImageScan, Package, RankedFinding } from '@pratique/contract';
import { schemeOfType } from '../advisories/ecosystems.ts';
import { compareVersions, isVersion } from '../versions/compare.ts';

type Named = { type: string; name: string };
export type ScanComparison = {
  from: ImageScan['image'];
  to: ImageScan['image'];
  packages: {
    added: (Named & { version: string })[];
    removed: (Named & { version: string })[];
    /** One version of a package became another; `downgraded` is null where the versions have no order. */
    changed: (Named & { from: string; to: string; downgraded: boolean | null })[];
  };
  findings: {
    /** In the second only; the most urgent first. */
    new: RankedFinding[];
    /** In the first only. */
    gone: RankedFinding[];
    /** In both. */
    left: number;
  };
  /** One of the two was not examined whole: something may be new, or gone, only because nobody looked. */
  partial: boolean;
};

export function compareScans(before: ImageScan, after: ImageScan): ScanComparison {
  const isOpen = (finding: RankedFinding) => finding.status !== 'not-affected';
  const [old, now] = [before.findings.filter(isOpen), after.findings.filter(isOpen)];
  const [oldKeys, nowKeys] = [new Set(old.map(holeOf)), new Set(now.map(holeOf))];
  return {
    from: before.image,
    to: after.image,
    packages: comparePackages(before.packages, after.packages),
    findings: {
      new: now.filter((finding) => !oldKeys.has(holeOf(finding))),
      gone: old.filter((finding) => !nowKeys.has(holeOf(finding))),
      left: now.filter((finding) => oldKeys.has(holeOf(finding))).length,
    },
    partial: before.missing.length + after.missing.length > 0,
  };
}

/** A hole of a package, in whatever version of it. */
const holeOf = ({ id, package: { type, name } }: RankedFinding) => JSON.stringify([id, type, name]);

function comparePackages(before: readonly Package[], after: readonly Package[]): ScanComparison['packages'] {
  const [old, now] = [versionsOf(before), versionsOf(after)];
  const result: ScanComparison['packages'] = { added: [], removed: [], changed: [] };
  for (const key of [...new Set([...old.keys(), ...now.keys()])].sort()) {
    const [type, name] = JSON.parse(key) as [string, string];
    const gone = [...(old.get(key) ?? [])].filter((version) => !now.get(key)?.has(version));
    const come = [...(now.get(key) ?? [])].filter((version) => !old.get(key)?.has(version));
    const [from, to] = [gone[0], come[0]];
    if (gone.length === 1 && come.length === 1 && from !== undefined && to !== undefined)
      result.changed.push({ type, name, from, to, downgraded: isBelow(type, to, from) });
    else {
      result.removed.push(...gone.map((version) => ({ type, name, version })));
      result.added.push(...come.map((version) => ({ type, name, version })));
    }
  }
  return result;
}

function versionsOf(packages: readonly Package[]): Map<string, Set<string>> {
  const versions = new Map<string, Set<string>>();
  for (const { type, name, version } of packages) {
    const key = JSON.stringify([type, name]);
    versions.set(key, (versions.get(key) ?? new Set()).add(version));
  }
  return versions;
}

function isBelow(type: string, a: string, b: string): boolean | null {
  const scheme = schemeOfType(type);
  return scheme !== null && isVersion(scheme, a) && isVersion(scheme, b) ? compareVersions(scheme, a, b) < 0 : null;
}
