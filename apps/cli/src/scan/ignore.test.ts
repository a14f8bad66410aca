import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ImageScan, RankedFinding } from '@pratique/contract';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Context } from '../context.ts';
import { createHome, type TestHome } from '../testing.ts';
import { applyIgnores, readIgnores } from './ignore.ts';

let home: TestHome;
let notes = '';
beforeAll(async () => {
  home = await createHome();
});
afterAll(() => home.remove());

const context = () => {
  notes = '';
  return { cwd: home.dir, note: (text: string) => void (notes += text) } as unknown as Context;
};
const finding = (id: string, name = 'openssl', over: Partial<RankedFinding> = {}): RankedFinding => ({
  id,
  aliases: [],
  package: { name, version: '1.0', type: 'deb', purl: `pkg:deb/debian/${name}@1.0?arch=amd64` },
  severity: 'high',
  status: 'affected',
  fixedVersion: null,
  exploited: false,
  title: null,
  evidence: { source: 'debian', advisory: id, comparison: '', severitySource: null, snapshot: '' },
  priority: { score: 1, factors: [] },
  ...over,
});
const FINDINGS = [
  finding('CVE-2024-0001'),
  finding('CVE-2024-0002', 'libssl3', { fixedVersion: '2.0' }),
  finding('GHSA-aaaa-bbbb-cccc', 'left-pad', {
    aliases: ['CVE-2024-0003'],
    package: { name: 'left-pad', version: '1.3.0', type: 'npm', purl: 'pkg:npm/left-pad@1.3.0' },
  }),
];
const SCAN: ImageScan = {
  image: { reference: 'x', digest: null, distribution: null },
  packages: [],
  findings: FINDINGS,
  missing: [],
  uncovered: [],
  ...{ secrets: null, malware: null, unexamined: null, baseline: null },
};
const NOW = new Date('2026-11-22T12:00:00Z');

async function left(file: string, text: string): Promise<string[]> {
  await writeFile(join(home.dir, file), text);
  const here = context();
  return applyIgnores(here, SCAN, await readIgnores(here, file), NOW).scan.findings.map((one) => one.id);
}
const own = (rule: string) => `ignore:\n  - ${rule}\n    reason: not reachable\n    until: 2027-01-31\n`;
const [FIRST, SECOND, THIRD] = ['CVE-2024-0001', 'CVE-2024-0002', 'GHSA-aaaa-bbbb-cccc'];

describe('an ignore file', () => {
  test.each([
    ['an id', own('id: CVE-2024-0001'), [SECOND, THIRD]],
    ['another name of the hole', own('id: CVE-2024-0003'), [FIRST, SECOND]],
    ['a package', own('package: openssl'), [SECOND, THIRD]],
    ['a pattern of packages', own('package: "*ssl*"'), [THIRD]],
    ['a pattern in the middle', own('package: l*3'), [FIRST, THIRD]],
    ['a purl without version', own('package: pkg:npm/left-pad'), [FIRST, SECOND]],
    ['a purl with version', own('package: pkg:deb/debian/openssl@1.0'), [SECOND, THIRD]],
    ['a purl with another version', own('package: pkg:npm/left-pad@1.2.0'), [FIRST, SECOND, THIRD]],
    ['both', own('id: CVE-2024-0001\n    package: libssl3'), [FIRST, SECOND, THIRD]],
    ['one that ended', own('id: CVE-2024-0001').replace('2027-01-31', '2026-11-22'), [FIRST, SECOND, THIRD]],
    [
      'Trivy’s YAML',
      'vulnerabilities:\n  - id: CVE-2024-0001\n    statement: why\n    expired_at: 2027-01-01\n  - id: CVE-2024-0003\n    purls: [pkg:npm/left-pad@1.3.0]\n',
      [SECOND],
    ],
    [
      'Grype’s by vulnerability and package',
      'ignore:\n  - vulnerability: CVE-2024-0001\n    package:\n      name: openssl\n      version: "1.0"\n  - vulnerability: CVE-2024-0002\n    package: {name: libssl3, version: "9"}\n',
      [SECOND, THIRD],
    ],
    ['Grype’s by what is not fixed', 'ignore:\n  - fix-state: not-fixed\n    package: {type: deb}\n', [SECOND, THIRD]],
  ])('leaves out by %s', async (_, text, expected) => {
    expect(await left('ignore.yaml', text)).toEqual(expected);
  });

  test('of Trivy’s lines leaves out what has not ended', async () => {
    const text = '# ours\nCVE-2024-0001 exp:2027-01-01 # why not\n\nCVE-2024-0002 exp:2020-01-01\nCVE-2024-0003\n';
    expect(await left('.trivyignore', text)).toEqual([SECOND]);
    expect(notes).toContain('2 findings are ignored');
    expect(notes).toContain('The ignore of CVE-2024-0002 ended on 2020-01-01; it counts again');
    expect(notes).toContain('1 ignores have no reason or no end');
  });

  test.each([
    ['no reason', 'ignore:\n  - id: CVE-1\n    until: 2027-01-01\n', /at ignore\.0\.reason/],
    ['no end', 'ignore:\n  - id: CVE-1\n    reason: why\n', /at ignore\.0\.until/],
    ['no date', own('id: CVE-1').replace('2027-01-31', 'some day'), /is no date/],
    ['everything', own('x: 1').replace('x: 1\n    ', ''), /neither an id nor a package/],
    ['a word that is not known', own('id: CVE-1\n    packages: x'), /ackages/],
    ['no YAML', 'ignore: [', /is no YAML/],
    [
      'a limit of Grype’s that is not understood',
      'ignore:\n  - vulnerability: CVE-1\n    package: {location: /x}\n',
      /location, which is not understood/,
    ],
    [
      'a limit of Trivy’s that is not understood',
      'vulnerabilities:\n  - id: CVE-1\n    paths: [x]\n',
      /limited to paths/,
    ],
  ])('with %s is refused', async (_, text, message) => {
    await expect(left('ignore.yaml', text)).rejects.toThrow(message);
  });

  test('that is not there is refused', async () => {
    await expect(readIgnores(context(), 'gone.yaml')).rejects.toThrow('no ignore file that can be read');
  });
});
