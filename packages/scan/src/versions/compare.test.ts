/** Version orders, each against its own tool or specification. */
import { describe, expect, test } from 'vitest';
import { ScanError } from '../error.ts';
import { compareVersions, type SchemeName } from './compare.ts';

/** Chains in ascending order: each version is earlier than every one after it. */
const ASCENDING: [SchemeName, string, string[]][] = [
  // semver.org, section 11
  [
    'semver',
    'precedence in the specification',
    [
      '1.0.0-alpha',
      '1.0.0-alpha.1',
      '1.0.0-alpha.beta',
      '1.0.0-beta',
      '1.0.0-beta.2',
      '1.0.0-beta.11',
      '1.0.0-rc.1',
      '1.0.0',
      '2.0.0',
      '2.1.0',
      '2.1.1',
    ],
  ],
  [
    'semver',
    'numbers beyond 64 bits',
    ['1.0.99999999999999999998', '1.0.99999999999999999999', '1.0.100000000000000000000'],
  ],
  [
    'golang',
    'pseudo-versions and toolchains',
    [
      'v0.0.0-20190101000000-abcdefabcdef',
      'v0.0.0-20200101000000-abcdefabcdef',
      'v0.0.1',
      'go1.21rc2',
      'go1.21',
      '1.21.1',
      'v2.0.0+incompatible',
    ],
  ],
  // PEP 440, "Summary of permitted suffixes and relative ordering"
  [
    'pep440',
    'order in the specification',
    [
      '1.dev0',
      '1.0.dev456',
      '1.0a1',
      '1.0a2.dev456',
      '1.0a12.dev456',
      '1.0a12',
      '1.0b1.dev456',
      '1.0b2',
      '1.0b2.post345.dev456',
      '1.0b2.post345',
      '1.0rc1.dev456',
      '1.0rc1',
      '1.0',
      '1.0+abc.5',
      '1.0+abc.7',
      '1.0+5',
      '1.0.post456.dev34',
      '1.0.post456',
      '1.0.15',
      '1.1.dev1',
      '1!0.1',
    ],
  ],
  // rpm-version(7) and rpm's own test suite (rpmvercmp.at)
  [
    'rpm',
    'tildes, carets, letters and numbers',
    [
      '1.0~rc1',
      '1.0',
      '1.0^git1~pre',
      '1.0^git1',
      '1.0.1',
      '2.0',
      '2.0.a',
      '2.0.1',
      '5.5p1',
      '5.5p2',
      '5.5p10',
      '10xyz',
      '10.1xyz',
      '20101121',
      '1:0.1',
    ],
  ],
  ['rpm', 'release after version', ['1.4.4-1.el8', '1.4.4-2.el8', '1.4.4-10.el8', '1.4.10-1.el8', '2:1.0-1']],
  [
    'apk',
    'suffixes, letters and revisions',
    [
      '1.0_alpha',
      '1.0_alpha2',
      '1.0_beta',
      '1.0_pre1',
      '1.0_rc1',
      '1.0_rc2',
      '1.0',
      '1.0-r1',
      '1.0_git20200101',
      '1.0_p1',
      '1.0_p9-r0',
      '1.0_p10-r0',
      '1.0a',
      '1.0b',
      '1.0.1',
      '1.1',
      '1.10',
    ],
  ],
  [
    'deb',
    'tildes, epochs and revisions',
    [
      '1.0~~',
      '1.0~~a',
      '1.0~',
      '1.0~rc1-1',
      '1.0',
      '1.0-0+deb12u1',
      '1.0-1',
      '1.0-1+b1',
      '1.0-1+deb12u1',
      '1.0-1+deb12u2',
      '1.0-1.1',
      '1.0a',
      '1.0+x',
      '1.0.1',
      '1.10',
      '1:0.1',
    ],
  ],
  // Maven documentation, "Version Order Specification"
  [
    'maven',
    'qualifiers, dots and dashes',
    [
      '1-alpha-1',
      '1-alpha2',
      '1-beta',
      '1-m3',
      '1-cr1',
      '1-rc2',
      '1-SNAPSHOT',
      '1',
      '1-sp',
      '1-foo2',
      '1-foo10',
      '1-1',
      '1.0.1',
      '1.1',
      '1.10',
    ],
  ],
  // RubyGems, Gem::Version, "How Software Changes" and "Preventing Version Catastrophe"
  [
    'gem',
    'letters before the release',
    ['1.0.a', '1.0.a.2', '1.0.a10', '1.0.b1', '1.0.pre.1', '1.0.rc1', '1.0', '1.0.0.1', '1.1', '1.10'],
  ],
  // Composer documentation, "Versions and constraints", "Stability constraints"
  [
    'composer',
    'stabilities',
    [
      '1.0.0-dev',
      '1.0.0-alpha1',
      '1.0.0-beta2',
      '1.0.0-RC1',
      '1.0.0-RC10',
      'v1.0.0',
      '1.0.0-patch1',
      '1.0.1',
      '1.x-dev',
      '2.0',
      '2024.01.02',
    ],
  ],
  // NuGet documentation, "Package versioning"
  [
    'nuget',
    'four numbers and labels',
    [
      '1.0.0-alpha',
      '1.0.0-alpha.1',
      '1.0.0-Alpha.beta',
      '1.0.0-beta.2',
      '1.0.0-beta.11',
      '1.0.0-rc',
      '1.0',
      '1.0.0.1',
      '1.0.1',
      '1.0.10',
    ],
  ],
];

describe('each version is earlier than all that follow it', () => {
  test.each(ASCENDING)('%s: %s', (scheme, _name, versions) => {
    for (const [i, a] of versions.entries())
      for (const [j, b] of versions.entries())
        expect([a, b, compareVersions(scheme, a, b)]).toEqual([a, b, Math.sign(i - j)]);
  });
});

describe('different texts may be one version', () => {
  test.each<[SchemeName, string, string]>([
    ['semver', '1.0.0+build1', 'v1.0'],
    ['pep440', '1.0', 'v1.0.0'],
    ['pep440', '1.0-alpha.1', '1.0a1'],
    ['pep440', '1.0-1', '1.0.post1'],
    ['deb', '0:1.0', '1.0'],
    ['deb', '1.0-0', '1.0'],
    ['deb', '1.01', '1.1'],
    ['rpm', '1.0', '1.0-5.el9'],
    ['rpm', '1.0.', '1.0'],
    ['rpm', '0:1.05-1', '1.5-1'],
    ['golang', 'v2.0.0+incompatible', 'v2.0.0'],
    ['maven', '1.0.0-ga', '1'],
    ['maven', '1-a1', '1-alpha-1'],
    ['gem', '1.0.0', '1'],
    ['gem', '1.0-rc', '1.pre.rc'],
    ['composer', 'v1.2+build', '1.2.0.0-stable'],
    ['composer', '1.0-b3', '1.0beta3'],
    ['nuget', '01.0.0-RC+abc', '1.0.0.0-rc'],
  ])('%s: %s and %s', (scheme, a, b) => {
    expect([compareVersions(scheme, a, b), compareVersions(scheme, b, a)]).toEqual([0, 0]);
  });
});

/** Comparisons of Alpine's own test table (apk-tools, test/version.data). */
const APK_TABLE =
  `2.34>0.1.0_alpha 0.1.0_alpha=0.1.0_alpha 0.1.0_alpha<0.1.3_alpha 0.1.0_alpha2>0.1.0_alpha 0.1.0_alpha<2.2.39-r1
1.0.4-r3<1.0.4-r4 1.0.2>0.7-r1 1.1>1.1_alpha1 1.1_alpha1<1.2.1 1.2<1.3_alpha 1.3_alpha2<1.3_alpha3 0.8_beta4<4.8-r1 3.10.18-r1>2.3.0b-r1
2.3.0b-r1<2.3.0b-r2 0.12<0.13_beta1 0.13_beta5>0.9.12 0.2.0-r1=0.2.0-r1 3.1_p16<3.1_p17 3.1_p17>1.06-r6 1.06-r6<006 006>1.0.0 1.2.2-r1>1.2.2
2.16.1-r3=2.16.1-r3 2.59<20050718-r1 3.9.8-r5>2.01.01_alpha10 1.0>0.99.3.20040818 1.39>1.00_beta2 1.00_beta2>0.9.2 4.2.52_p2-r1<4.2.52_p4-r2
4.2.52_p4-r2>1.02.07 1.02.07<1.02.10-r1 2.18.3-r10>1.05-r18 20060720>3.0.20060720 2.5.1-r8<2.5.1a-r1 2.0.0_rc3-r1>1.5 021109-r3<20060512
3.0.0-r2<021109-r3 0.9.16-r1<3.9_pre20060124 6b-r7>1.12-r7 0.10.0<0.10.1_rc1 1.1a<1.3a 0.15.1b-r2>0.15.1b 2.1_pre20<2.1_pre26 02.08.01b<4.77
1.6d>1.2.07.8 1.2.07.8<1.2.12.04 1.07-r1<1.07.5 1.07.5>1.07 0.59s-r11<0.65 0.20070207_rc1<1.0 3.7_p1>1.3 4.5_p1<4.5_p1-r1 0.9.8c-r1<0.9.8d
013<014-r1 5b-r9>2.2.10 1.7b<1.8.4-r3 1.8.5<1.8.5_p2 0.98<1.00 2.9.11_pre20051101-r3>2.9.11_pre20051101 2.6.1.3-r1<12.17.9 1.6.8_p12-r1>1.6.8_p9-r2
0.9.28.1<087-r1 087-r1<103 104-r11>104-r9 2.12r-r4<2.12r-r5 7.0.17<7.0.174 1.3-r0<1.3.1-r0 1.3_pre1-r1<1.3.2 1.0_p10-r0>1.0_p9-r0
0.1.0_alpha_pre2<0.1.0_alpha 1.0.0_pre20191002222144-r0<1.0.0_pre20210530193627-r0`
    .split(/\s+/)
    .map((text) => /^([^<=>]+)([<=>])([^<=>]+)$/.exec(text)?.slice(1) ?? []);

test.each(APK_TABLE)('apk: %s %s %s', (a = '', sign = '', b = '') => {
  expect(compareVersions('apk', a, b)).toBe('<=>'.indexOf(sign) - 1);
});

test.each<[SchemeName, string]>([
  ['semver', 'latest'],
  ['semver', '1.2.3.4'],
  ['deb', '1.0 1'],
  ['deb', ''],
  ['deb', 'a:1'],
  ['apk', '1.0bc'],
  ['apk', '23_foo'],
  ['pep440', '2004d-beta!'],
  ['rpm', '1-2-3'],
  ['deb', '1.0-'],
  ['maven', '1.0 1'],
  ['gem', '1.0_1'],
  ['composer', 'dev-main'],
  ['composer', 'latest'],
  ['nuget', '1.2.3.4.5'],
  ['semver', `1.0.${'9'.repeat(600)}`],
])('%s: %j is refused, not taken for some version', (scheme, text) => {
  expect(() => compareVersions(scheme, text, '1.0')).toThrow(ScanError);
});
