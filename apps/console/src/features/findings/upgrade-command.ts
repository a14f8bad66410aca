/** What to write into the build of an image so that an upgrade is in it. */
import type { UpgradeGroup } from '@pratique/contract';
import { shellWord } from '../../format/reference.ts';

type Made = (name: string, to: string) => string;

/** By the tool that installed it; the others have no such command, or one that needs more than name and version. */
const OF_LANGUAGE: Readonly<Record<string, Made>> = {
  npm: (name, to) => `npm install ${shellWord(`${name}@${to}`)}`,
  pypi: (name, to) => `pip install ${shellWord(`${name}>=${to}`)}`,
  golang: (name, to) => `go get ${shellWord(`${name}@${to.startsWith('v') ? to : `v${to}`}`)}`,
  cargo: (name, to) => `cargo update -p ${shellWord(name)} --precise ${shellWord(to)}`,
  gem: (name) => `bundle update ${shellWord(name)}`,
  composer: (name, to) => `composer require ${shellWord(`${name}:^${to}`)}`,
  nuget: (name, to) => `dotnet add package ${shellWord(name)} --version ${shellWord(to)}`,
};
const OF_SYSTEM: Readonly<Record<string, string>> = {
  deb: 'apt-get update && apt-get install --only-upgrade -y',
  apk: 'apk add --no-cache --upgrade',
  rpm: 'dnf upgrade -y',
};

/** Names come out of images: what could be read as an option, or is no name at all, is not put into a command. */
const isPlain = (name: string): boolean => /^[A-Za-z0-9@][A-Za-z0-9@._+/:~-]{0,213}$/.test(name);

/** @returns null where no command is known, or the version to go to is not */
export function upgradeCommand({
  type,
  name,
  to,
  packages,
}: Pick<UpgradeGroup, 'type' | 'name' | 'to' | 'packages'>): string | null {
  const system = OF_SYSTEM[type];
  if (system !== undefined)
    return packages.length > 0 && packages.every(isPlain) ? `${system} ${packages.join(' ')}` : null;
  const make = OF_LANGUAGE[type];
  return make && to !== null && isPlain(name) && isPlain(to) ? make(name, to) : null;
}
