/** Commands that start, stop or enable services: an image has none running, and its entry point is the container's. */
import type { Step } from '../script/shell.ts';

const step = (status: number): Step => ({ step: 'services', run: () => status });

export const serviceSteps: Record<string, Step> = {
  'invoke-rc.d': step(0),
  'update-rc.d': step(0),
  'deb-systemd-helper': step(0),
  'deb-systemd-invoke': step(0),
  'deb-systemd-user-invoke': step(0),
  systemctl: step(0),
  'start-stop-daemon': step(0),
  service: step(0),
  telinit: step(0),
  udevadm: step(0),
  'rc-update': step(0),
  // Answers as in a chroot: there is no init to speak to.
  ischroot: step(0),
  pidof: step(1),
  pgrep: step(1),
  pkill: step(1),
  killall: step(1),
  kill: step(1),
  sleep: step(0),
  sync: step(0),
  policykit: step(0),
  'dbus-send': step(0),
};
