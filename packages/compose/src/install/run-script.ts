/** Runs one maintainer script, and says of what was not carried out that it was not. */

import { ComposeError } from '../error.ts';
import { isShellScript, type Notes, Shell } from '../script/shell.ts';
import { NotCovered } from '../script/syntax.ts';
import { allSteps } from '../steps/all.ts';
import { field, type Installed, type World } from './world.ts';

export type ScriptStatus = 'not-needed' | 'built-in' | 'not-covered';
export type ScriptResult = { package: string; script: string; status: ScriptStatus; why: string };

/** Why effects of these steps are not in an image. */
const WITHOUT: Record<string, string> = {
  services: 'starts or enables services, and an image has no init',
  'performance-only': 'rebuilds caches that only make programs faster; they are not made',
  upgrades: 'cleans up after older versions',
};

/**
 * Runs a script with arguments, as dpkg would on a first installation.
 *
 * `built-in`: every command was carried out by a built-in step and something changed. `not-needed`: every command was
 * understood and nothing changes on a first installation. `not-covered`: at least one command was not; `why` names it.
 * A script is left at the place where it needs to know what such a command answers; what came before stays, as it would if
 * the script had failed there, so that a package whose last lines build a database still has its user.
 */
export function runMaintainerScript(world: World, installed: Installed, script: string, args: string[]): ScriptResult {
  const file = installed.control.get(script);
  const result = (status: ScriptStatus, why: string): ScriptResult => ({
    package: installed.candidate.name,
    script,
    status,
    why,
  });
  if (!file) return result('not-needed', 'the package has no such script');
  const text = file.bytes.toString('latin1');
  if (!isShellScript(text)) {
    const [first = ''] = text.split('\n', 1);
    const language = text.startsWith('\x7fELF')
      ? 'compiled'
      : `written for ${first.replace(/[^\x20-\x7e]/g, '?').slice(0, 60) || 'no known interpreter'}`;
    return result('not-covered', `the script is ${language}, and is not run`);
  }
  const notes: Notes = { made: new Set(), without: new Set(), undone: [] };
  const before = world.tree.changes;
  world.current = installed.candidate.name;
  try {
    const { conventions } = world;
    const shell = new Shell(world, conventions?.steps ?? allSteps, environment(world, installed, script), notes);
    if (world.input !== undefined) shell.descriptors.set(0, { input: { text: world.input, at: 0 } });
    const name = conventions?.path(installed, script) ?? `/var/lib/dpkg/info/${installed.candidate.name}.${script}`;
    const status = shell.run(text, name, args);
    if (status !== 0) throw new NotCovered(`the script ends with status ${status}`);
  } catch (cause) {
    if (cause instanceof NotCovered || cause instanceof ComposeError || cause instanceof RangeError) {
      return result('not-covered', [...notes.undone, `nothing from here on: ${cause.message}`].join('; '));
    }
    throw cause;
  } finally {
    for (const path of world.temporaries.splice(0)) world.tree.remove(path); // scripts remove them by a trap on exit
  }
  if (notes.undone.length > 0) return result('not-covered', `all but this was carried out: ${notes.undone.join('; ')}`);
  if (world.tree.changes !== before) return result('built-in', [...notes.made].sort().join(', '));
  const reasons = [...notes.without].map((step) => WITHOUT[step]).filter((why) => why !== undefined);
  return result('not-needed', reasons.join('; ') || 'changes nothing on a first installation');
}

/** What a maintainer script finds in its environment. @see dpkg(1), "Internal environment" */
export function environment(world: World, installed: Installed, script: string): Map<string, string> {
  if (world.conventions) return world.conventions.environment(installed, script);
  return new Map([
    ['PATH', '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
    ['HOME', '/root'],
    ['USER', 'root'],
    ['LOGNAME', 'root'],
    ['SHELL', '/bin/sh'],
    ['LC_ALL', 'C'],
    ['OPTIND', '1'],
    ['DPKG_ROOT', ''],
    ['DPKG_ADMINDIR', '/var/lib/dpkg'],
    ['DPKG_MAINTSCRIPT_NAME', script],
    ['DPKG_MAINTSCRIPT_PACKAGE', installed.candidate.name],
    [
      'DPKG_MAINTSCRIPT_ARCH',
      field(installed, 'Architecture') === 'all' ? world.architecture : installed.candidate.architecture,
    ],
    ['DPKG_MAINTSCRIPT_PACKAGE_REFCOUNT', '1'],
    ['DPKG_RUNNING_VERSION', '1.21.22'],
    ['DEBIAN_FRONTEND', 'noninteractive'],
    ['DEBCONF_NONINTERACTIVE_SEEN', 'true'],
  ]);
}
