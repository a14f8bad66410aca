/** Which distribution, release and architecture an image of Debian's family is. */
import type { ArchiveName } from '../../archive/read-archive.ts';
import type { Tree } from '../../files/tree.ts';
import type { Database } from './database.ts';

export type System = { distribution: ArchiveName; codename: string; version: string; architecture: string };

/** Releases that did not say their codename in os-release. */
const CODENAMES: Record<string, string> = { '7': 'wheezy', '8': 'jessie', '9': 'stretch', '10': 'buster' };
const ARCHITECTURES: Record<string, string> = {
  amd64: 'amd64',
  arm64: 'arm64',
  arm: 'armhf',
  '386': 'i386',
  ppc64le: 'ppc64el',
  s390x: 's390x',
  riscv64: 'riscv64',
};

/**
 * From os-release and dpkg's database.
 *
 * @param configured the architecture that the image's configuration says
 * @returns the system, or in words why there is none that can be repaired
 */
export function readSystem(tree: Tree, database: Database, configured: string | undefined): System | string {
  const text = tree.readText('/etc/os-release') ?? tree.readText('/usr/lib/os-release') ?? '';
  const fields = new Map<string, string>();
  for (const line of text.split('\n').slice(0, 200)) {
    const [, key, value] = /^([A-Z_]+)=["']?(.*?)["']?\s*$/.exec(line) ?? [];
    if (key !== undefined && value !== undefined) fields.set(key, value);
  }
  const id = fields.get('ID') ?? '';
  if (id !== 'debian' && id !== 'ubuntu')
    return id === ''
      ? 'the image has packages of dpkg but does not say which distribution it is (/etc/os-release)'
      : `the distribution ${id.slice(0, 50)} has an archive of its own, which is not known here`;
  const version = fields.get('VERSION_ID') ?? '';
  const codename = fields.get('VERSION_CODENAME') ?? fields.get('UBUNTU_CODENAME') ?? CODENAMES[version] ?? '';
  if (!/^[a-z][a-z0-9-]{0,40}$/.test(codename)) return `/etc/os-release does not say which release of ${id} it is`;
  return { distribution: id, codename, version, architecture: architectureOf(database, configured) };
}

/** That of dpkg itself, as dpkg counts it; else what the configuration says, else the one most packages are built for. */
function architectureOf(database: Database, configured: string | undefined): string {
  const counts = new Map<string, number>();
  for (const { installed } of database.present) {
    const { name, architecture } = installed.candidate;
    if (architecture === 'all') continue;
    if (name === 'dpkg') return architecture;
    counts.set(architecture, (counts.get(architecture) ?? 0) + 1);
  }
  const [most] = [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  return ARCHITECTURES[configured ?? ''] ?? most?.[0] ?? 'amd64';
}
