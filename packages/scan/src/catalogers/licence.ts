/** Brings what packages call their licence into SPDX's words where that is certain. */
import { printable } from '../printable.ts';
import { spdxExpression } from '../sbom/licence.ts';

/** Names that are in use for exactly one licence. Those of a family (BSD, GPL) say too little and stay as they are. */
const NAMES: Readonly<Record<string, string>> = {
  mit: 'MIT',
  'mit license': 'MIT',
  'the mit license': 'MIT',
  'the mit license (mit)': 'MIT',
  'expat license': 'MIT',
  'apache-2.0': 'Apache-2.0',
  'apache 2': 'Apache-2.0',
  'apache 2.0': 'Apache-2.0',
  'apache license 2.0': 'Apache-2.0',
  'apache license, version 2.0': 'Apache-2.0',
  'apache license version 2.0': 'Apache-2.0',
  'apache software license - version 2.0': 'Apache-2.0',
  'apache software license 2.0': 'Apache-2.0',
  'the apache license, version 2.0': 'Apache-2.0',
  'the apache software license, version 2.0': 'Apache-2.0',
  'apache-2': 'Apache-2.0',
  'asl 2.0': 'Apache-2.0',
  'bsd-2-clause': 'BSD-2-Clause',
  'bsd 2-clause': 'BSD-2-Clause',
  '2-clause bsd': 'BSD-2-Clause',
  'simplified bsd': 'BSD-2-Clause',
  'bsd-3-clause': 'BSD-3-Clause',
  'bsd 3-clause': 'BSD-3-Clause',
  '3-clause bsd': 'BSD-3-Clause',
  '3-clause bsd license': 'BSD-3-Clause',
  'bsd 3-clause license': 'BSD-3-Clause',
  'new bsd license': 'BSD-3-Clause',
  'new bsd': 'BSD-3-Clause',
  'modified bsd': 'BSD-3-Clause',
  isc: 'ISC',
  'isc license': 'ISC',
  'isc license (iscl)': 'ISC',
  'mpl-2.0': 'MPL-2.0',
  'mpl 2.0': 'MPL-2.0',
  'mozilla public license 2.0 (mpl 2.0)': 'MPL-2.0',
  'mozilla public license 2.0': 'MPL-2.0',
  'psf-2.0': 'PSF-2.0',
  'python software foundation license': 'PSF-2.0',
  gplv2: 'GPL-2.0-only',
  'gnu general public license v2 (gplv2)': 'GPL-2.0-only',
  'gnu general public license v2 or later (gplv2+)': 'GPL-2.0-or-later',
  'gplv2+': 'GPL-2.0-or-later',
  gplv3: 'GPL-3.0-only',
  'gnu general public license v3 (gplv3)': 'GPL-3.0-only',
  'gnu general public license v3 or later (gplv3+)': 'GPL-3.0-or-later',
  'gplv3+': 'GPL-3.0-or-later',
  'gnu lesser general public license v2 (lgplv2)': 'LGPL-2.0-only',
  'gnu lesser general public license v2 or later (lgplv2+)': 'LGPL-2.0-or-later',
  lgplv3: 'LGPL-3.0-only',
  'gnu lesser general public license v3 (lgplv3)': 'LGPL-3.0-only',
  'gnu lesser general public license v3 or later (lgplv3+)': 'LGPL-3.0-or-later',
  'gnu affero general public license v3': 'AGPL-3.0-only',
  'gnu affero general public license v3 or later (agplv3+)': 'AGPL-3.0-or-later',
  'eclipse public license 1.0 (epl-1.0)': 'EPL-1.0',
  'eclipse public license 1.0': 'EPL-1.0',
  'eclipse public license - v 1.0': 'EPL-1.0',
  'eclipse public license 2.0 (epl-2.0)': 'EPL-2.0',
  'eclipse public license 2.0': 'EPL-2.0',
  'eclipse public license v. 2.0': 'EPL-2.0',
  'eclipse public license - v 2.0': 'EPL-2.0',
  'the unlicense (unlicense)': 'Unlicense',
  unlicense: 'Unlicense',
  'zope public license': 'ZPL-2.1',
  'zpl 2.1': 'ZPL-2.1',
  'boost software license 1.0 (bsl-1.0)': 'BSL-1.0',
  'academic free license (afl)': 'AFL-3.0',
  'cc0 1.0 universal (cc0 1.0) public domain dedication': 'CC0-1.0',
  'mit no attribution license (mit-0)': 'MIT-0',
  'zero-clause bsd (0bsd)': '0BSD',
  'universal permissive license (upl)': 'UPL-1.0',
  'european union public licence 1.2 (eupl 1.2)': 'EUPL-1.2',
  'historical permission notice and disclaimer (hpnd)': 'HPND',
  'zlib/libpng license': 'Zlib',
  'cddl 1.0': 'CDDL-1.0',
  'common development and distribution license (cddl) version 1.0': 'CDDL-1.0',
};

/** The SPDX expression that a text is or stands for; null where that is not certain. */
export function knownLicence(text: string): string | null {
  const line = printable(text, 500);
  return spdxExpression(line) ?? NAMES[line.toLowerCase().replace(/\s+/g, ' ')] ?? null;
}

/** The SPDX expression of a text, or the text itself in one line. */
export function spdxLicence(text: string): string {
  return knownLicence(text) ?? printable(text, 500);
}
