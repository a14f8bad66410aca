/** What a family of distributions has to bring so that its images can be repaired. */
import type { RepairDifference, RepairedPackage, RepairLeft, RepairScript, RepairSource } from '@pratique/contract';
import type { ArchivePlace } from '../archive/read-archive.ts';
import type { Tree } from '../files/tree.ts';
import type { Sandbox } from './sandbox/sandbox.ts';

/** A package that somebody wants repaired; without a version whatever version is there. */
export type WantedPackage = { name: string; version?: string | undefined };

/** Where packages come from, and whose keys count. */
export type RepositoryPlace = ArchivePlace & {
  /** Addresses of repositories, where they are not the distribution's own: for apk and rpm. */
  repositories?: readonly string[] | undefined;
};

export type RepairPhase = 'read' | 'release' | 'plan' | 'fetch' | 'unpack' | 'configure' | 'layer';

export type FamilyContext = {
  fetch: typeof globalThis.fetch;
  /** Packages and indexes are kept here by their hash, which is checked on every read. */
  cacheDir: string;
  /** A folder of ours, removed at the end. */
  folder: string;
  now: () => Date;
  aptDir?: string | undefined;
  archives: RepositoryPlace;
  allowExpired: boolean;
  seen: readonly { uri: string; date: string }[];
  only: readonly WantedPackage[] | null;
  sandbox: Sandbox | null;
  signal?: AbortSignal | undefined;
  progress: (phase: RepairPhase, done: number, total: number, what?: string) => void;
};

/** `versions` are those of all packages as they would be: what an earlier repair brought must not be taken back. */
export type Planned = {
  upgrades: number;
  versions: ReadonlyMap<string, string>;
  left: RepairLeft[];
  sources: RepairSource[];
};

/** Nothing could be carried out: every upgrade was left in the end. */
export type Unrepaired = { status: 'nothing'; left: RepairLeft[]; scripts: RepairScript[] };

export type Repaired = {
  status: 'repaired';
  tree: Tree;
  upgraded: RepairedPackage[];
  left: RepairLeft[];
  scripts: RepairScript[];
  differences: RepairDifference[];
  /** Bytes of the files that the packages bring. */
  packageBytes: number;
  /** Seconds since 1970 of the newest package. */
  created: number;
};

/** One image's packages, as the family reads them. A version older than another orders below zero. */
export type Patient = {
  /** What may be upgraded, from signed lists of packages. */
  plan(): Promise<Planned>;
  /** Carries the plan out on a copy of the tree, leaving out what cannot be done. */
  apply(): Promise<Repaired | Unrepaired>;
  compareVersions(a: string, b: string): number;
  close(): Promise<void>;
};

export type Family = {
  name: string;
  /** Looks at the tree; null where the image is of another family. @throws ComposeError */
  detect(tree: Tree, architecture: string | undefined): { open(context: FamilyContext): Patient } | null;
};
