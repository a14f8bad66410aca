/** Maintainer scripts of an upgrade: carried out here, in a sandbox where that cannot be, and never passed over in silence. */
import type { RepairScript } from '@pratique/contract';
import { runMaintainerScript } from '../../install/run-script.ts';
import type { Installed, World } from '../../install/world.ts';
import type { Sandbox } from '../sandbox/sandbox.ts';

/** A script that could not be carried out: the package it belongs to cannot be upgraded. */
export class ScriptNotDone extends Error {
  readonly package: string;
  constructor(name: string, message: string) {
    super(message);
    this.name = 'ScriptNotDone';
    this.package = name;
  }
}

export type Scripts = { done: RepairScript[]; sandbox: Sandbox | null };

/**
 * Runs one script with dpkg's arguments. What the built-in shell cannot do runs in the sandbox from the start, on the tree
 * as it was before.
 *
 * @throws ScriptNotDone where neither can
 */
export async function runScript(
  world: World,
  installed: Installed,
  script: string,
  args: string[],
  scripts: Scripts,
): Promise<void> {
  if (!installed.control.has(script)) return;
  const name = installed.candidate.name;
  const label = [script, args[0], ...(args[0] === 'triggered' ? [args[1]] : [])].filter(Boolean).join(' ');
  const note = (handled: RepairScript['handled'], detail: string) =>
    scripts.done.push({ package: name, script: label, handled, detail });
  const before = scripts.sandbox ? world.tree.copy() : null;
  const result = runMaintainerScript(world, installed, script, args);
  if (result.status !== 'not-covered') {
    note(result.status, result.why.replace('on a first installation', 'in this upgrade'));
    return;
  }
  if (scripts.sandbox && before) {
    const outcome = await scripts.sandbox.run(before, world, installed, script, args);
    if (outcome.status === 'done') {
      note('sandbox', `${outcome.detail}; needed for: ${result.why}`);
      return;
    }
    note('not-done', `${result.why}; in the sandbox: ${outcome.detail}`);
    throw new ScriptNotDone(name, `its ${label} failed in the sandbox: ${outcome.detail}`);
  }
  note('not-done', result.why);
  throw new ScriptNotDone(name, `its ${label} cannot be carried out here, and no sandbox is allowed: ${result.why}`);
}
