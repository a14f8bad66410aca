/** What the head of an advisory says in every situation, and which addresses it leads to. */
import type { AdvisoryPage } from '@pratique/contract';
import { describe, expect, test } from 'vitest';
import { en } from '../../catalogue/en/en.ts';
import { zh } from '../../catalogue/zh/zh.ts';
import { makeFormat } from '../../format/format.ts';
import { percent, sayAdvisory, webAddress } from './say-advisory.ts';

const format = makeFormat('en');
const holders = { images: 3, repositories: 2, containers: 4, clusters: 1, customers: 0 };
const record: AdvisoryPage['records'][number] = {
  source: 'debian',
  advisory: 'CVE-2026-1',
  ecosystem: 'Debian:12',
  package: 'zlib',
  severity: 'high',
  severitySource: null,
  status: 'affected',
  fixedVersions: ['1.3'],
  disputed: false,
};
type Known = Parameters<typeof sayAdvisory>[0];
const known: Known = {
  ...{ touches: 'touched', holders, severity: 'high', exploited: false, standing: null, formerly: 0, packages: 1 },
  records: [{ ...record, fixedVersions: ['1.3'] }],
};
const without: AdvisoryPage['records'] = [{ ...record, fixedVersions: [] }];
const say = (changes: Partial<Known>) => sayAdvisory({ ...known, ...changes }, en.advisory, format);

describe('the sentence', () => {
  test.each<[string, Partial<Known>, string[]]>([
    ['touched, with a fix', {}, ['3 images of this account have it now.', '4 containers run', en.advisory.update]],
    ['attacked, with a fix', { exploited: true }, [en.advisory.updateNow]],
    ['attacked, without a fix', { exploited: true, records: without }, [en.advisory.noFixExploited]],
    ['without a fix', { records: without }, [en.advisory.noFix]],
    ['taken back', { standing: 'rejected' }, [en.advisory.doNothing]],
    [
      'one image that runs nowhere',
      { holders: { ...holders, images: 1, containers: 0 } },
      ['One image', en.advisory.notRunning],
    ],
    ['cleared', { touches: 'cleared', formerly: 2 }, ['No image of this account has it now. 2 had it']],
    ['known alone', { touches: 'none' }, [en.advisory.untouched]],
  ])('%s', (_name, changes, parts) => {
    for (const part of parts) expect(say(changes)).toContain(part);
  });

  test('never tells whoever is untouched to update, in either language', () => {
    for (const { advisory } of [en, zh]) {
      const said = sayAdvisory({ ...known, touches: 'none', exploited: true }, advisory, format);
      expect(said).not.toContain(advisory.update);
      expect(said).not.toContain(advisory.updateNow);
    }
  });
});

test.each([
  [0.973, '97.3 %'],
  [0.0004, '< 0.1 %'],
  [0, '0 %'],
  [1, '100 %'],
])('a likelihood of %d reads %s', (share, text) => expect(percent(share, format)).toBe(text));

test.each([
  ['https://www.cve.org/CVERecord?id=CVE-2026-1', 'https://www.cve.org/CVERecord?id=CVE-2026-1'],
  ['http://example.org/', 'http://example.org/'],
  ['javascript:alert(1)', null],
  ['JaVaScRiPt://example.org/%0aalert(1)', null],
  ['data:text/html,x', null],
  ['//example.org', null],
  ['', null],
])('%s leads to %s', (url, address) => expect(webAddress(url)).toBe(address));
