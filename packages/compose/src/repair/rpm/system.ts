/** Which distribution, release and architecture an image with rpm's database is, and what it keeps back. */
import type { Tree } from '../../files/tree.ts';
import { osRelease, textOf } from '../apk/system.ts';
import { glob } from '../debian/glob.ts';
import { TAG } from './header.ts';
import type { RpmPackage } from './package.ts';

export type RpmSystem = { distribution: string; version: string; architecture: string };

const ARCHITECTURES: Record<string, string> = {
  amd64: 'x86_64',
  arm64: 'aarch64',
  ppc64le: 'ppc64le',
  s390x: 's390x',
  riscv64: 'riscv64',
  arm: 'armv7hl',
  '386': 'i686',
};

export function readRpmSystem(tree: Tree, packages: readonly RpmPackage[], configured: string | undefined): RpmSystem {
  const release = osRelease(tree);
  const word = (key: string) => (/^[A-Za-z0-9._-]{1,40}$/.test(release.get(key) ?? '') ? (release.get(key) ?? '') : '');
  const counts = new Map<string, number>();
  for (const { architecture } of packages)
    if (architecture !== 'noarch') counts.set(architecture, (counts.get(architecture) ?? 0) + 1);
  const [most] = [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  return {
    distribution: word('ID'),
    version: word('VERSION_ID'),
    architecture: ARCHITECTURES[configured ?? ''] ?? most?.[0] ?? 'x86_64',
  };
}

const LOCKS = ['/etc/dnf/plugins/versionlock.list', '/etc/yum/pluginconf.d/versionlock.list'] as const;
const CONFIGURATIONS = ['/etc/dnf/dnf.conf', '/etc/yum.conf', '/etc/dnf/libdnf5.conf.d/exclude.conf'] as const;
const MAX_PATTERNS = 5000;

export type KeptBack = (name: string, version: string, architecture: string) => string | null;

/** What the image's own configuration holds back: versionlock, excludes, zypper's locks. In words, or null. */
export function readKeptBack(tree: Tree): KeptBack {
  const patterns: { pattern: string; why: string }[] = [];
  const add = (text: string, why: string) => {
    if (text !== '' && patterns.length < MAX_PATTERNS) patterns.push({ pattern: text.slice(0, 300), why });
  };
  for (const path of LOCKS)
    for (const line of textOf(tree, path).split('\n')) {
      const text = line.trim();
      if (text !== '' && !text.startsWith('#')) add(text.replace(/^!/, ''), `${path} locks its version`);
    }
  for (const [, name] of textOf(tree, '/etc/dnf/versionlock.toml').matchAll(
    /^[ \t]*name[ \t]*=[ \t]*["']([^"']+)["']/gm,
  ))
    add(name ?? '', '/etc/dnf/versionlock.toml locks its version');
  for (const [, name] of textOf(tree, '/etc/zypp/locks').matchAll(/^[ \t]*solvable_name:[ \t]*(\S+)[ \t]*$/gm))
    add(name ?? '', '/etc/zypp/locks locks it');
  for (const path of CONFIGURATIONS)
    for (const [, list = ''] of textOf(tree, path).matchAll(
      /^[ \t]*exclude(?:pkgs)?[ \t]*=[ \t]*((?:.*)(?:\n[ \t]+.*)*)/gm,
    ))
      for (const word of list.split(/[\s,]+/)) add(word, `${path} excludes it`);
  return (name, version, architecture) => {
    const [, epoch = '0', rest = version] = /^(\d+):(.*)$/.exec(version) ?? [];
    const forms = [
      name,
      `${name}.${architecture}`,
      `${name}-${rest}`,
      `${name}-${rest}.${architecture}`,
      `${name}-${epoch}:${rest}`,
      `${name}-${epoch}:${rest}.${architecture}`,
      `${epoch}:${name}-${rest}.${architecture}`,
      `${name}-${epoch}:${rest}.*`,
    ];
    return patterns.find(({ pattern }) => forms.some((form) => glob(pattern, form)))?.why ?? null;
  };
}

/** Whether documentation is left out, and which languages are kept; null for all. */
export function readOmissions(tree: Tree): { documentation: boolean; languages: ReadonlySet<string> | null } {
  const folder = tree.find('/etc/rpm');
  const names =
    folder?.kind === 'directory' ? [...folder.entries.keys()].filter((name) => name.startsWith('macros')) : [];
  const macros = names
    .sort()
    .map((name) => textOf(tree, `/etc/rpm/${name}`))
    .join('\n');
  const flags = CONFIGURATIONS.map((path) => textOf(tree, path)).join('\n');
  const languages = /^[ \t]*%_install_langs[ \t]+(\S+)/m.exec(macros)?.[1];
  return {
    documentation: /^[ \t]*%_excludedocs[ \t]+[1-9]/m.test(macros) || /^[ \t]*tsflags[ \t]*=.*\bnodocs\b/m.test(flags),
    languages: languages === undefined || languages === 'all' ? null : new Set(languages.split(':')),
  };
}

export const installColor = (packages: readonly RpmPackage[]): number =>
  packages.map(({ header }) => header.number(TAG.installColor)).find((color) => color !== null) ?? 0;
