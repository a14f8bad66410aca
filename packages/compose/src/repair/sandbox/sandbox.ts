/** Where a script runs that cannot be carried out on the tree: a process that sees the image's files and nothing else. */
import type { Tree } from '../../files/tree.ts';
import type { Installed, World } from '../../install/world.ts';

export type SandboxOutcome = { status: 'done' | 'failed'; detail: string };

export type Sandbox = {
  /** For the report: `runc`. */
  name: string;
  /**
   * Runs a script on a copy of the tree and takes over into `world.tree` what it changed.
   *
   * @param before the tree as it was before the built-in shell tried
   */
  run(before: Tree, world: World, installed: Installed, script: string, args: string[]): Promise<SandboxOutcome>;
};
