/** Checks of what is installed: how old the distribution is, and for which machine it was made. */
import { supportOf } from '../distributions.ts';
import { type Check, notApplicable, notExamined, unlessFound } from './check.ts';

/** Names that distributions give to what an image configuration calls `amd64`. */
const ARCHITECTURES: Readonly<Record<string, readonly string[]>> = {
  amd64: ['amd64', 'x86_64'],
  arm64: ['arm64', 'aarch64'],
  '386': ['i386', 'i686', 'x86', 'i586'],
  arm: ['armhf', 'armel', 'armv7', 'armv7hl', 'armv6hl'],
  ppc64le: ['ppc64el', 'ppc64le'],
  s390x: ['s390x'],
  riscv64: ['riscv64'],
};
const FOR_ALL = ['all', 'noarch', '(none)', 'any', ''];

export const INVENTORY_CHECKS: readonly Check[] = [
  {
    id: 'end-of-life',
    title: 'The distribution still gets security updates',
    reason: 'Holes that are found from now on are never mended.',
    fix: 'Move to a base image of a supported release.',
    severity: 'high',
    profiles: ['cis-docker-4', 'hardened', 'minimal'],
    run: ({ inventory, now }) => {
      if (!inventory) return notExamined('the packages were not read');
      const { distribution } = inventory;
      if (!distribution) return notApplicable('the image does not say which distribution it is');
      const { known, supported, supportEnds } = supportOf(distribution, now);
      const name = `${distribution.id} ${distribution.version || (distribution.codename ?? '')}`.trim();
      if (!known) return notExamined(`until when ${name} is supported is not known`);
      return unlessFound(supported ? [] : [`${name}: support ended on ${supportEnds}`]);
    },
  },
  {
    id: 'foreign-architecture',
    title: 'All packages are for the machine that the image is for',
    reason: 'Programs for another machine do not run, and nobody updates them.',
    fix: 'Remove the packages.',
    severity: 'low',
    profiles: ['hardened'],
    run: ({ inventory, architecture }) => {
      if (!inventory || architecture === null)
        return notExamined('the packages or the image configuration were not read');
      const own = ARCHITECTURES[architecture];
      if (!own) return notExamined(`how packages for ${architecture} are marked is not known`);
      const marked = inventory.packages.filter(
        (each) => each.architecture !== null && ['deb', 'apk', 'rpm'].includes(each.type),
      );
      if (marked.length === 0) return notApplicable('no packages of a distribution are installed');
      const foreign = marked.filter(({ architecture: of }) => !own.includes(of ?? '') && !FOR_ALL.includes(of ?? ''));
      return unlessFound(foreign.map(({ name, architecture: of }) => `${name} is for ${of}`));
    },
  },
];
