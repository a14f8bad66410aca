/** What a cataloger is: a cheap "is this file mine?" and an extraction; walking, limits and errors live in the core. */
import type { Distribution, Missing, Package } from '@pratique/contract';
import type { ImageTree, TreeNode } from '@pratique/oci/layers/tree';

export type CatalogedFile = { path: string; node: TreeNode; content: Buffer };

export type CatalogContext = {
  tree: ImageTree;
  distribution: Distribution | null;
  /** Digest of the layer blob that wrote a node; null for subjects without layers. */
  layerOf(node: TreeNode): string | null;
};

/** Files of an operating-system package, to say who owns what lies in them. */
export type OwnedFiles = {
  purl: string;
  /** Paths as the package database writes them, with or without a leading slash. */
  paths: readonly string[];
  /** The database file that says so: a file that a later layer wrote is no longer the package's. */
  record: TreeNode;
};

export type Cataloged = { packages: Package[]; missing: Missing[]; owned: OwnedFiles[] };

export type Cataloger = {
  name: string;
  /** Called for every file of the image: by path alone, and cheap. */
  wants(path: string): boolean;
  /** Marks of programs that it also wants; their content is what `executables/read-program.ts` found in them. */
  marks?: readonly string[];
  /** What it finds in files of an operating-system package is that package, and is left out. */
  onlyUnowned?: boolean;
  /** It repeats what others say; what another cataloger found itself is left out. Comes last in the list. */
  secondhand?: boolean;
  /** Shortens a content to what `catalog` needs, to save memory. Runs while layers are read, and throws nothing. */
  condense?(path: string, content: Buffer): Buffer;
  /** Bytes up to which a file is read that `condense` makes small; undefined leaves the general limit. */
  maxBytes?(path: string): number | undefined;
  /** Places that must be readable if they exist, even behind links. */
  places: readonly string[];
  /** Extracts from all the files it wanted, in path order. What it throws becomes a status of the inventory. */
  catalog(files: readonly CatalogedFile[], context: CatalogContext): Cataloged;
};
