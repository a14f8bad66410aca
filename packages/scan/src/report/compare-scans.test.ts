import type { ImageScan, Package, RankedFinding } from '@pratique/contract';
import { expect, test } from 'vitest';
import { findingOf, packageOf as pkg } from '../package.fixture.ts';
import { compareScans } from './compare-scans.ts';

const finding = (id: string, of: Package, status: RankedFinding['status'] = 'affected') =>
  findingOf(id, of, { status });
const scan = (reference: string, packages: Package[], findings: RankedFinding[]): ImageScan => ({
  image: { reference, digest: null, distribution: null },
  packages,
  findings,
  missing: [],
  uncovered: [],
  ...{ secrets: null, malware: null, unexamined: null, baseline: null },
});

test('what came, what went, what changed its version and which holes with it', () => {
  const old = [
    pkg('deb', 'openssl', '3.0.9-1'),
    pkg('deb', 'bash', '5.2-1'),
    pkg('npm', 'a', '1.0.0'),
    pkg('npm', 'a', '2.0.0'),
    pkg('deb', 'gone', '1'),
  ];
  const now = [
    pkg('deb', 'openssl', '3.0.10-1'),
    pkg('deb', 'bash', '5.1-1'),
    pkg('npm', 'a', '2.0.0'),
    pkg('npm', 'a', '3.0.0'),
    pkg('npm', 'a', '3.1.0'),
    pkg('generic', 'x', '2'),
  ];
  const [ssl, bash] = [old[0], old[1]];
  if (!ssl || !bash || !now[0]) throw new Error('fixture');
  const compared = compareScans(
    scan('before', old, [finding('CVE-1', ssl), finding('CVE-2', ssl), finding('CVE-3', bash)]),
    scan('after', now, [finding('CVE-2', now[0]), finding('CVE-3', bash, 'not-affected'), finding('CVE-4', bash)]),
  );
  expect(compared.packages).toEqual({
    added: [
      { type: 'generic', name: 'x', version: '2' },
      { type: 'npm', name: 'a', version: '3.0.0' },
      { type: 'npm', name: 'a', version: '3.1.0' },
    ],
    removed: [
      { type: 'deb', name: 'gone', version: '1' },
      { type: 'npm', name: 'a', version: '1.0.0' },
    ],
    changed: [
      { type: 'deb', name: 'bash', from: '5.2-1', to: '5.1-1', downgraded: true },
      { type: 'deb', name: 'openssl', from: '3.0.9-1', to: '3.0.10-1', downgraded: false },
    ],
  });
  expect(compared.findings.new.map((one) => one.id)).toEqual(['CVE-4']);
  expect(compared.findings.gone.map((one) => one.id)).toEqual(['CVE-1', 'CVE-3']);
  expect(compared.findings.left).toBe(1);
  expect(compared.partial).toBe(false);
});

test('what was not examined whole is compared in part, and versions without an order have no direction', () => {
  const before = scan('a', [pkg('generic', 'x', '1')], []);
  const missing = [{ kind: 'limit' as const, what: 'jar', path: '', detail: '' }];
  const compared = compareScans(before, { ...scan('b', [pkg('generic', 'x', '2')], []), missing });
  expect(compared.partial).toBe(true);
  expect(compared.packages.changed).toEqual([{ type: 'generic', name: 'x', from: '1', to: '2', downgraded: null }]);
});
