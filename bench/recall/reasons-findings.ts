/** Why scanners find other holes than we do in the same packages, by rule. */
import type { Reason } from './compare.ts';
import type { ReportedFinding } from './list-findings.ts';
import type { Known } from './list-packages.ts';

const KERNEL_HEADERS = /^linux-(?:libc-dev|headers)/;

/** The first that applies counts. */
export function findingReasons({ owned, locked }: Known): Reason<ReportedFinding>[] {
  return [
    {
      applies: ({ each, missed }) => missed.includes('ours') && owned.has(each.package.key),
      right: 'Pratique',
      why: 'the files belong to a package of the distribution, whose maintainers put fixes into the version that it has: its own advisories speak for it, not those of upstream by upstream’s number',
    },
    {
      applies: ({ each, missed }) => missed.includes('ours') && KERNEL_HEADERS.test(each.package.name),
      right: 'Pratique',
      why: 'headers for programs that call the kernel: no code of the kernel is in them',
    },
    {
      applies: ({ each, missed }) => missed.join() === 'grype' && locked.has(each.package.key),
      right: 'Pratique, Trivy',
      why: 'pinned by a Cargo.lock without a program that was built from it, which Syft, and so Grype, does not read in images',
    },
    {
      applies: ({ each, found }) => found.join() === 'ours' && locked.has(each.package.key),
      right: 'Pratique',
      why: 'pinned by a lock file of which nothing is installed, which the peers do not read in images',
    },
  ];
}
