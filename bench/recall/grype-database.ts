/** Our advisories as Grype's database has them. */
import type { Advisory } from '@pratique/scan';
import { databaseWriter, runWriter, type Said } from './feed-peers.ts';

type Entry = {
  id: string;
  aliases: readonly string[];
  ecosystem: string;
  package: string;
  module: string;
  os: string;
  release: string;
  codename: string;
  releaseId: string;
  format: string;
  ranges: { constraint: string; fix: string }[];
};

/** Type of a package and form of its versions, by the ecosystem. @see anchore/grype, grype/db/v6/build/transformers */
const LANGUAGES: Readonly<Record<string, readonly [type: string, format: string]>> = {
  npm: ['npm', 'semver'],
  PyPI: ['python', 'python'],
  Go: ['go-module', 'go'],
  Maven: ['java-archive', 'maven'],
  'crates.io': ['rust-crate', 'semver'],
  RubyGems: ['gem', 'gem'],
  Packagist: ['php-composer', 'semver'],
};
/** AlmaLinux is matched with what is said of Red Hat's release, less what AlmaLinux says is mended in its own. */
const SYSTEMS: Readonly<Record<string, readonly [os: string, type: string, format: string]>> = {
  Debian: ['debian', 'deb', 'dpkg'],
  Alpine: ['alpine', 'apk', 'apk'],
  AlmaLinux: ['redhat', 'rpm', 'rpm'],
};
const CODENAMES: Readonly<Record<string, string>> = { '11': 'bullseye', '12': 'bookworm', '13': 'trixie' };

/** Writes Grype's database into `cache`; the number of its records comes back. */
export async function writeGrypeDatabase(cache: string, said: readonly Said[]): Promise<number> {
  const entries = grypeEntries(said);
  await runWriter(await databaseWriter('grype', 'github.com/anchore/grype v0.120.1'), cache, entries);
  return entries.length;
}

function grypeEntries(said: readonly Said[]): Entry[] {
  const entries: Entry[] = [];
  for (const { ecosystem, name, advisory } of said) {
    const [key = '', release = ''] = ecosystem.split(':');
    const language = LANGUAGES[key];
    const system = SYSTEMS[key];
    for (const id of advisory.ids)
      if (language) entries.push({ ...entryOf(id, name, advisory), ecosystem: language[0], format: language[1] });
      else if (system)
        entries.push({
          ...entryOf(id, name, advisory),
          os: system[0],
          releaseId: system[0] === 'redhat' ? 'rhel' : system[0], // the id in os-release
          release: release.replace(/^v/, ''),
          codename: key === 'Debian' ? (CODENAMES[release] ?? '') : '',
          ecosystem: system[1],
          format: system[2],
        });
  }
  return entries;
}

function entryOf(id: string, name: string, { aliases, module, ranges, versions }: Advisory): Entry {
  const constraints = ranges.map(({ from, after, fixed, last }) => ({
    constraint: [
      ...(from === null ? [] : [`${after ? '>' : '>='}${from}`]),
      ...(fixed === null ? [] : [`<${fixed}`]),
      ...(last === null ? [] : [`<=${last}`]),
    ].join(','),
    fix: fixed ?? '',
  }));
  const single = (versions ?? []).map((version) => ({ constraint: `=${version}`, fix: '' }));
  const plain = { os: '', release: '', codename: '', releaseId: '', ecosystem: '', format: '' };
  return { ...plain, id, aliases, package: name, module: module ?? '', ranges: [...constraints, ...single] };
}
