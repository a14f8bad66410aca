/** Why scanners list other packages than we do, by rule. */
import type { Reason } from './compare.ts';
import type { Known } from './list-packages.ts';
import type { Reported } from './purls.ts';

/** The first that applies counts. */
export function packageReasons({ owned, locked, development }: Known): Reason<Reported>[] {
  return [
    {
      applies: ({ each, found }) => each.version === 'UNKNOWN' && found.join() === 'syft',
      right: 'Pratique',
      why: 'Syft lists programs of Windows by the names of their files, without a version; these are launchers that setuptools carries, and setuptools is listed',
    },
    {
      applies: ({ each, found }) => found.join() === 'ours' && development.has(each.key),
      right: 'Pratique',
      why: 'pinned for development by a lock file of which nothing is installed: listed with that mark, and it raises nothing',
    },
    {
      applies: ({ each, missed }) => missed.join() === 'syft' && locked.has(each.key) && each.type === 'cargo',
      right: 'Pratique, Trivy',
      why: 'pinned by a Cargo.lock without a program that was built from it; Syft reads that file in directories alone',
    },
    {
      applies: ({ each, found }) => found.join() === 'ours' && locked.has(each.key),
      right: 'Pratique',
      why: 'pinned by a lock file of which nothing is installed, which the peers do not read in images: it is all that the image says of what was built into it',
    },
    {
      applies: ({ each, missed }) => owned.has(each.key) && missed.join() === 'trivy',
      right: 'Pratique, Syft',
      why: 'lies in files of a package of the distribution, which Trivy leaves out; it is listed with its owner, and the distribution’s advisories speak for it',
    },
  ];
}
