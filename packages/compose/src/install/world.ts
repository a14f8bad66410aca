/** Everything that the steps of an installation read and change. */
import type { Candidate } from '../archive/packages.ts';
import type { Tree } from '../files/tree.ts';
import type { Step } from '../script/shell.ts';
import type { Debconf } from './debconf.ts';

/** A file of a package's control archive. */
export type ControlFile = { name: string; bytes: Buffer; mode: number; mtime: number };

/** `obsolete` marks one that the package no longer brings (deb-conffiles(5)). */
export type Conffile = { path: string; md5: string; obsolete?: boolean };

/** A package on its way into the image. */
export type Installed = {
  candidate: Candidate;
  /** Fields of its control file in their order and spelling. */
  fields: { name: string; value: string }[];
  control: Map<string, ControlFile>;
  /** Paths as dpkg lists them, `/.` first. */
  list: string[];
  /** Configuration files with their MD5, as the status file names them. */
  conffiles: Conffile[];
};

/** How scripts of another family than dpkg's run: its commands, its environment, and where it has them while they run. */
export type Conventions = {
  steps: ReadonlyMap<string, Step>;
  environment(installed: Installed, script: string): Map<string, string>;
  path(installed: Installed, script: string): string;
};

export type World = {
  tree: Tree;
  /** Seconds since 1970: the release's date, the only clock there is. */
  now: number;
  architecture: string;
  packages: Map<string, Installed>;
  debconf: Debconf;
  /** The package whose script runs. */
  current: string;
  /** Files that mktemp made for the script that runs. */
  temporaries: string[];
  /** True where packages are brought to newer versions: what users changed is theirs then. */
  upgrading?: boolean;
  /** Names that scripts activated with dpkg-trigger, and the packages whose scripts did. */
  activated?: Map<string, Set<string>>;
  /** What the script that runs finds on its standard input; nothing where it is not said. */
  input?: string;
  /** dpkg's own where there are none. */
  conventions?: Conventions;
};

/** What dpkg calls a package in file names: with its architecture if others may be installed beside it. */
export function infoName(installed: Installed): string {
  const { name, architecture } = installed.candidate;
  const multiarch = field(installed, 'Multi-Arch');
  return multiarch === 'same' ? `${name}:${architecture}` : name;
}

export function field(installed: Installed, name: string): string | undefined {
  return installed.fields.find((entry) => entry.name.toLowerCase() === name.toLowerCase())?.value;
}
