/** Commands of rpm's scriptlets that are carried out here beside those that Debian's know. */
import type { Call, Step } from '../../script/shell.ts';
import { NotCovered } from '../../script/syntax.ts';
import { allSteps } from '../../steps/all.ts';

const none = (step: string, status = 0): Step => ({ step, run: () => status });

export const rpmSteps: ReadonlyMap<string, Step> = new Map<string, Step>([
  ...allSteps,
  // Enabling, starting and stopping; an image has no init.
  ['/usr/lib/systemd/systemd-update-helper', none('services')],
  ['chkconfig', none('services')],
  ['initctl', none('services')],
  // No image has a loaded policy: labels come with the machine.
  ['selinuxenabled', none('services', 1)],
  ['restorecon', none('services')],
  ['fixfiles', none('services')],
  ['install-info', none('performance-only')],
  ['journalctl', none('services')],
  ['systemd-hwdb', none('performance-only')],
  ['udevadm', none('services')],
  ['alternatives', { step: 'alternatives', run: alternatives }],
  ['update-alternatives', { step: 'alternatives', run: alternatives }],
]);

/** The database of chkconfig's alternatives: what is there already is there. @see alternatives(8) */
function alternatives({ args, world }: Call): number {
  const action = args.findIndex((arg) => arg === '--install' || arg === '--remove' || arg === '--auto');
  const [name = '', path = ''] = args[action] === '--install' ? args.slice(action + 2) : args.slice(action + 1);
  const lines = (world.tree.readText(`/var/lib/alternatives/${name}`) ?? '').split('\n');
  const isThere = lines.some((line) => line.split(/[\s@]/)[0] === path);
  if (args[action] === '--install' && isThere && world.tree.find(path)) return 0;
  if (args[action] === '--remove' && !isThere) return 0;
  throw new NotCovered(`alternatives ${args.join(' ')}`);
}

/** @see rpm, lib/rpmscript.c */
export const RPM_ENVIRONMENT: ReadonlyMap<string, string> = new Map([
  ['PATH', '/sbin:/bin:/usr/sbin:/usr/bin:/usr/X11R6/bin'],
  ['HOME', '/root'],
  ['OPTIND', '1'],
]);
