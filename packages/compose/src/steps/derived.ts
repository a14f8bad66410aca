/** Caches that programs rebuild for themselves when they are absent; only speed depends on them. */
import type { Step } from '../script/shell.ts';

const step: Step = { step: 'performance-only', run: () => 0 };

export const derivedSteps: Record<string, Step> = {
  py3compile: step,
  py3clean: step,
  pycompile: step,
  pyclean: step,
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
