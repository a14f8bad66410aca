/** Brings the License tag of rpm into an SPDX expression, where every part of it stands for one licence. */
import { printable } from '../../printable.ts';
import { spdxExpression } from '../../sbom/licence.ts';
import { knownLicence } from '../licence.ts';

/** Short names of Fedora's list that stand for one licence. @see Fedora, "Callaway system", converted to SPDX */
const SHORT_NAMES: Readonly<Record<string, string>> = {
  GPLv1: 'GPL-1.0-only',
  'GPL+': 'GPL-1.0-or-later',
  GPLv2: 'GPL-2.0-only',
  'GPLv2+': 'GPL-2.0-or-later',
  GPLv3: 'GPL-3.0-only',
  'GPLv3+': 'GPL-3.0-or-later',
  LGPLv2: 'LGPL-2.0-only',
  'LGPLv2+': 'LGPL-2.0-or-later',
  'LGPLv2.1': 'LGPL-2.1-only',
  'LGPLv2.1+': 'LGPL-2.1-or-later',
  LGPLv3: 'LGPL-3.0-only',
  'LGPLv3+': 'LGPL-3.0-or-later',
  AGPLv3: 'AGPL-3.0-only',
  'AGPLv3+': 'AGPL-3.0-or-later',
  'ASL 1.1': 'Apache-1.1',
  'ASL 2.0': 'Apache-2.0',
  'MPLv1.1': 'MPL-1.1',
  'MPLv2.0': 'MPL-2.0',
  Boost: 'BSL-1.0',
  'Artistic 2.0': 'Artistic-2.0',
  Vim: 'Vim',
  zlib: 'Zlib',
  ZLIB: 'Zlib',
  OpenSSL: 'OpenSSL',
  OpenLDAP: 'OLDAP-2.8',
  PostgreSQL: 'PostgreSQL',
  Unlicense: 'Unlicense',
  CC0: 'CC0-1.0',
  'CC-BY': 'CC-BY-3.0',
  'CC-BY-SA': 'CC-BY-SA-3.0',
  EPL: 'EPL-1.0',
  'EPL-2.0': 'EPL-2.0',
  CDDL: 'CDDL-1.0',
  BSD: 'LicenseRef-Callaway-BSD',
  MIT: 'MIT',
  ISC: 'ISC',
  'Public Domain': 'LicenseRef-Callaway-Public-Domain',
  Python: 'PSF-2.0',
  Ruby: 'Ruby',
  PHP: 'PHP-3.01',
  Sleepycat: 'Sleepycat',
  TCL: 'TCL',
  Unicode: 'Unicode-DFS-2016',
  UCD: 'LicenseRef-Callaway-UCD',
  BSL: 'BSL-1.0',
  NTP: 'NTP',
  Beerware: 'Beerware',
  WTFPL: 'WTFPL',
  SISSL: 'SISSL',
  HPND: 'HPND',
};

/**
 * `GPLv2+ and (MIT or BSD)` becomes `GPL-2.0-or-later AND (MIT OR ...)`. A text with a part that is not known stays
 * as it is, in one line.
 */
export function rpmLicence(text: string): string {
  const line = printable(text, 1000);
  const whole = spdxExpression(line);
  if (whole !== null) return whole;
  const parts = line.split(/(\(|\)|\s+(?:and|or|with|AND|OR|WITH)\s+|\s+\/\s+)/);
  const words: string[] = [];
  for (const part of parts) {
    const word = part.trim();
    if (word === '') continue;
    if (word === '(' || word === ')') words.push(word);
    else if (/^(?:and|or|with)$/i.test(word)) words.push(word.toUpperCase());
    else {
      const known = SHORT_NAMES[word] ?? knownLicence(word);
      if (known === null || known === undefined) return line;
      words.push(/\s/.test(known) ? `(${known})` : known);
    }
  }
  return spdxExpression(words.join(' ').replaceAll('( ', '(').replaceAll(' )', ')')) ?? line;
}
