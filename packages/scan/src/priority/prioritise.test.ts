import type { Finding } from '@pratique/contract';
import { describe, expect, test } from 'vitest';
import { type PriorityContext, prioritise } from './prioritise.ts';

const finding = (id: string, over: Partial<Finding> = {}): Finding => ({
  id,
  aliases: [],
  package: { name: 'openssl', version: '1', type: 'deb', purl: 'pkg:deb/debian/openssl@1' },
  severity: 'medium',
  status: 'affected',
  fixedVersion: null,
  exploited: false,
  title: null,
  evidence: { source: 'debian', advisory: id, comparison: '1 < 2', severitySource: 'debian', snapshot: 'sha256:0' },
  ...over,
});
const NOTHING: PriorityContext = { likelihood: () => null, exposure: null };
const only = (one: Finding, context = NOTHING) => prioritise([one], context)[0]?.priority ?? { score: -1, factors: [] };

describe('a priority', () => {
  test('is the sum of its factors and says what each is', () => {
    const { score, factors } = only(finding('CVE-2024-0001', { exploited: true, fixedVersion: '2' }), {
      likelihood: (cve) => (cve === 'CVE-2024-0001' ? { probability: 0.42, percentile: 0.97 } : null),
      exposure: { user: '', ports: ['8080/tcp'] },
    });
    expect(score).toBe(factors.reduce((sum, factor) => sum + factor.points, 0));
    expect(factors.map(({ name, points }) => [name, points])).toEqual([
      ['exploited', 35],
      ['likelihood', 19],
      ['severity', 9],
      ['fix', 6],
      ['exposure', 7],
      ['privilege', 7],
      ['in-use', 0],
    ]);
    expect(factors.map((factor) => factor.detail).join('; ')).toContain(
      '42 % likely to be attacked within 30 days, more than 97 %',
    );
  });

  test('is a hundred for the worst there can be', () => {
    const worst = finding('CVE-2024-0001', { exploited: true, severity: 'critical', fixedVersion: '2' });
    expect(
      only(worst, {
        likelihood: () => ({ probability: 1, percentile: 1 }),
        exposure: { user: '0:0', ports: ['1/udp'] },
      }).score,
    ).toBe(100);
  });

  test.each([
    [
      'an exploited hole of medium severity',
      'a critical one that nobody attacks',
      finding('A', { exploited: true }),
      finding('B', { severity: 'critical' }),
    ],
    ['a critical hole', 'a high one', finding('A', { severity: 'critical' }), finding('B', { severity: 'high' })],
    ['a hole with a fix', 'the same without', finding('A', { fixedVersion: '2' }), finding('B')],
    ['one that nobody has rated', 'a medium one', finding('A', { severity: 'unknown' }), finding('B')],
    [
      'any hole',
      'what does not affect the image',
      finding('A', { severity: 'low' }),
      finding('B', { severity: 'critical', status: 'not-affected' }),
    ],
  ])('puts %s before %s', (_, __, first, second) => {
    expect(prioritise([second, first], NOTHING).map((one) => one.id)).toEqual(['A', 'B']);
  });

  test.each([
    ['', 7],
    ['root', 7],
    ['0:1000', 7],
    ['1000', 0],
    ['app:root', 0],
  ])('takes the user %j for %i points', (user, points) => {
    const { factors } = only(finding('A'), { likelihood: () => null, exposure: { user, ports: [] } });
    expect(factors.find((factor) => factor.name === 'privilege')?.points).toBe(points);
  });

  test('looks for the likelihood under every CVE of the finding', () => {
    const context: PriorityContext = {
      likelihood: (cve) => (cve === 'CVE-2' ? { probability: 0.001, percentile: 0.6 } : null),
      exposure: null,
    };
    const { factors } = only(finding('GHSA-1', { aliases: ['CVE-1', 'CVE-2'] }), context);
    expect(factors.find((factor) => factor.name === 'likelihood')).toMatchObject({
      points: 4,
      detail: '0.10 % likely to be attacked within 30 days, more than 60 % of all (EPSS)',
    });
  });
});
