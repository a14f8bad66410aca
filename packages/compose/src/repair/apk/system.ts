/** Which distribution, branch and architecture an image with apk's database is. */
import type { Tree } from '../../files/tree.ts';
import type { ApkDatabase } from './database.ts';

export type ApkSystem = {
  distribution: string;
  /** `v3.20` or `edge`; empty where the distribution has no branches. */
  branch: string;
  architecture: string;
};

/** Architectures by the names that image configurations have for them. */
const ARCHITECTURES: Record<string, string> = {
  amd64: 'x86_64',
  arm64: 'aarch64',
  arm: 'armv7',
  '386': 'x86',
  ppc64le: 'ppc64le',
  s390x: 's390x',
  riscv64: 'riscv64',
  loong64: 'loongarch64',
};
const MAX_TEXT = 64 * 1024;

/** @param configured the architecture that the image's configuration says */
export function readApkSystem(tree: Tree, database: ApkDatabase, configured: string | undefined): ApkSystem {
  const release = osRelease(tree);
  const distribution = /^[a-z0-9._-]{1,40}$/.test(release.get('ID') ?? '') ? (release.get('ID') ?? '') : '';
  const said = textOf(tree, '/etc/alpine-release').trim() || (release.get('VERSION_ID') ?? '');
  const [, major, minor, rest = ''] = /^(\d{1,3})\.(\d{1,3})(.*)$/.exec(said) ?? [];
  const numbered = major === undefined || /_alpha|_git/.test(rest) ? 'edge' : `v${major}.${minor}`;
  return {
    distribution,
    branch: distribution === 'alpine' ? numbered : '',
    architecture: architectureOf(tree, database, configured),
  };
}

export function osRelease(tree: Tree): Map<string, string> {
  const text = textOf(tree, '/etc/os-release') || textOf(tree, '/usr/lib/os-release');
  const fields = new Map<string, string>();
  for (const line of text.split('\n').slice(0, 200)) {
    const [, key, value] = /^([A-Z_]+)=["']?(.*?)["']?\s*$/.exec(line) ?? [];
    if (key !== undefined && value !== undefined) fields.set(key, value);
  }
  return fields;
}

export function textOf(tree: Tree, path: string): string {
  const node = tree.find(path);
  return node?.kind === 'file' && node.content.size <= MAX_TEXT ? node.content.read().toString('latin1') : '';
}

/** What apk itself was told, else what most packages are built for, else what the configuration says. */
function architectureOf(tree: Tree, database: ApkDatabase, configured: string | undefined): string {
  const told = textOf(tree, '/etc/apk/arch').trim();
  if (/^[a-z0-9_]{1,20}$/.test(told)) return told;
  const counts = new Map<string, number>();
  for (const { architecture } of database.packages)
    if (architecture !== 'noarch') counts.set(architecture, (counts.get(architecture) ?? 0) + 1);
  const [most] = [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  return most?.[0] ?? ARCHITECTURES[configured ?? ''] ?? 'x86_64';
}
