/** Caches that programs rebuild for themselves when they are absent; only speed depends on them. */
import type { Call, Step } from '../script/shell.ts';

/** Byte code of a file that is replaced would be found out of date and made anew in memory, each time. */
const clean: Step = { step: 'bytecode', run: removeByteCode };
const step: Step = { step: 'performance-only', run: () => 0 };

export const derivedSteps: Record<string, Step> = {
  py3compile: step,
  py3clean: clean,
  pycompile: step,
  pyclean: clean,
  'update-mime-database': step,
  'update-desktop-database': step,
  'gtk-update-icon-cache': step,
  'fc-cache': step,
  mandb: step,
  'update-icon-caches': step,
  'install-info': step,
  journalctl: step,
  'update-info-dir': step,
  'update-initramfs': step,
  'apt-extracttemplates': step,
  restorecon: step,
};

/** `py3clean -p PACKAGE`: there is nothing to remove on a first installation. */
function removeByteCode({ args, world }: Call): number {
  const name = args[args.indexOf('-p') + 1] ?? '';
  if (!world.upgrading || !args.includes('-p')) return 0;
  for (const path of world.packages.get(name.split(':')[0] ?? '')?.list ?? []) {
    const [, folder, module] = /^(.*)\/([^/]+)\.py$/.exec(path) ?? [];
    const place = world.tree.place(`${folder}/__pycache__`, false);
    if (module === undefined || place?.node?.kind !== 'directory') continue;
    for (const file of [...place.node.entries.keys()])
      if (file.startsWith(`${module}.`) && /\.py[co]$/.test(file)) world.tree.detach(place.node, file);
    if (place.node.entries.size === 0) world.tree.detach(place.parent, place.name);
  }
  return 0;
}
