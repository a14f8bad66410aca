/** Packages and findings for tests, whole but for what a test is about. */
import type { Package, RankedFinding } from '@pratique/contract';

export const packageOf = (
  type: Package['type'],
  name: string,
  version: string,
  more: Partial<Package> = {},
): Package => ({
  name,
  version,
  type,
  purl: `pkg:${type}/${name}@${version}`,
  sourceName: name,
  sourceVersion: version,
  architecture: null,
  owner: null,
  licenses: [],
  layer: null,
  paths: [],
  ...more,
});

export const findingOf = (
  id: string,
  { name, version, type, purl }: RankedFinding['package'],
  more: Partial<RankedFinding> = {},
): RankedFinding => ({
  id,
  aliases: [],
  package: { name, version, type, purl },
  severity: 'high',
  status: 'affected',
  fixedVersion: null,
  exploited: false,
  title: null,
  evidence: { source: 'debian', advisory: id, comparison: '', severitySource: null, snapshot: '' },
  priority: { score: 1, factors: [] },
  ...more,
});
