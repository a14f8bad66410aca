/** Our advisories as Trivy's database has them. */
import { type Advisory, compareVersions } from '@pratique/scan';
import { schemeOf } from '@pratique/scan/advisories/ecosystems';
import { databaseWriter, runWriter, type Said } from './feed-peers.ts';

/** Names that Trivy gives its sources. @see aquasecurity/trivy-db, pkg/vulnsrc */
function trivyBucket(ecosystem: string): string | null {
  const [name = '', release = ''] = ecosystem.split(':');
  const systems: Record<string, string> = { Debian: 'debian', AlmaLinux: 'alma', Alpine: 'alpine' };
  const system = systems[name];
  if (system) return `${system} ${release.replace(/^v/, '')}`;
  const languages: Record<string, string> = {
    npm: 'npm',
    PyPI: 'pip',
    Go: 'go',
    Maven: 'maven',
    'crates.io': 'cargo',
    RubyGems: 'rubygems',
    Packagist: 'composer',
  };
  return languages[name] ? `${languages[name]}::Pratique` : null;
}

type TrivyAdvisory = { FixedVersion?: string; VulnerableVersions?: string[] };
type Entry = { bucket: string; package: string; id: string; advisory: TrivyAdvisory };

/** One value for each hole, as Trivy keeps them: several records of one hole are joined, and the last fix counts. */
function trivyEntries(said: readonly Said[]): Entry[] {
  const entries = new Map<string, Entry>();
  for (const { ecosystem, name, advisory } of said) {
    const bucket = trivyBucket(ecosystem);
    if (bucket === null) continue;
    const within = advisory.module === undefined ? name : `${advisory.module}::${name}`;
    for (const id of advisory.ids) {
      const key = JSON.stringify([bucket, within, id]);
      const before = entries.get(key)?.advisory;
      const next = bucket.includes('::') ? joinRanges(before, advisory) : joinFixes(before, advisory, ecosystem);
      entries.set(key, { bucket, package: within, id, advisory: next });
    }
  }
  return [...entries.values()];
}

function joinRanges(before: TrivyAdvisory | undefined, { ranges, versions }: Advisory): TrivyAdvisory {
  const constraints = ranges.map(({ from, after, fixed, last }) =>
    [
      ...(from === null ? [] : [`${after ? '>' : '>='}${from}`]),
      ...(fixed === null ? [] : [`<${fixed}`]),
      ...(last === null ? [] : [`<=${last}`]),
    ].join(', '),
  );
  const single = (versions ?? []).map((version) => `=${version}`);
  const own = [...constraints.map((each) => each || '>=0'), ...single];
  return { VulnerableVersions: [...new Set([...(before?.VulnerableVersions ?? []), ...own])] };
}

function joinFixes(before: TrivyAdvisory | undefined, { ranges }: Advisory, ecosystem: string): TrivyAdvisory {
  const fixed = ranges[0]?.fixed ?? '';
  const scheme = schemeOf(ecosystem);
  if (before?.FixedVersion === undefined || scheme === null) return { FixedVersion: fixed };
  if (fixed === '' || before.FixedVersion === '') return { FixedVersion: '' };
  return { FixedVersion: compareVersions(scheme, before.FixedVersion, fixed) > 0 ? before.FixedVersion : fixed };
}

/** Writes Trivy's database into `cache`; the number of its values comes back. */
export async function writeTrivyDatabase(cache: string, said: readonly Said[]): Promise<number> {
  const entries = trivyEntries(said);
  const details = Object.fromEntries(entries.map((each) => [each.id, { Title: each.id, Severity: 'UNKNOWN' }]));
  await runWriter(await databaseWriter('trivy', 'go.etcd.io/bbolt v1.4.3'), cache, { entries, details });
  return entries.length;
}
