/** Triggers: scripts that run once at the end because of what other packages brought (deb-triggers(5)). */
import type { Installed, World } from './world.ts';

/** A package with the triggers that were activated for it, in dpkg's form for the script's second argument. */
export type Pending = { installed: Installed; names: string[] };

/** What the unpacked files and `activate` directives set off. */
export function pendingTriggers(world: World): Pending[] {
  const activated = new Set<string>();
  const packages = [...world.packages.values()];
  for (const installed of packages) {
    for (const [directive, target] of directives(installed))
      if (directive.startsWith('activate')) activated.add(target);
  }
  return packages
    .map((installed): Pending => {
      const names = directives(installed)
        .filter(([directive]) => directive.startsWith('interest'))
        .map(([, target]) => target)
        .filter((target) => (target.startsWith('/') ? touched(packages, target) : activated.has(target)));
      return { installed, names: [...new Set(names)] };
    })
    .filter(({ names }) => names.length > 0);
}

function touched(packages: Installed[], target: string): boolean {
  return packages.some((other) => other.list.some((path) => path === target || path.startsWith(`${target}/`)));
}

function directives(installed: Installed): [string, string][] {
  const lines = installed.control.get('triggers')?.bytes.toString('latin1').split('\n') ?? [];
  return lines
    .map((line) => line.replace(/#.*/, '').trim().split(/\s+/))
    .filter(([directive, target]) => directive && target)
    .map(([directive = '', target = '']) => [directive, target]);
}
