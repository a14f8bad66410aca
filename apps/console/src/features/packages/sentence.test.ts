/** A package's sentence never calls clean what nobody answers for. */
import type { PackagePage } from '@pratique/contract';
import { describe, expect, test } from 'vitest';
import { en } from '../../catalogue/en/en.ts';
import { zh } from '../../catalogue/zh/zh.ts';
import { sentenceOf } from './sentence.ts';

const NONE = { critical: 0, high: 0, medium: 0, low: 0, negligible: 0, unknown: 0 };
const page = (over: Partial<PackagePage>): PackagePage => ({
  type: 'deb',
  name: 'openssl',
  versions: 2,
  holders: { images: 5, repositories: 2, containers: 3, clusters: 1, customers: 0 },
  findings: NONE,
  fixable: 0,
  exploited: 0,
  fixedVersion: null,
  licenses: [],
  uncovered: 0,
  offered: [],
  ...over,
});
const say = (over: Partial<PackagePage>) => sentenceOf(page(over), en.packages, String);

describe('the sentence', () => {
  test.each<[string, Partial<PackagePage>, RegExp]>([
    ['clean', {}, /No known hole affects it\.$/],
    ['not known at all', { uncovered: 2 }, /unknown, not none/],
    ['affected, partly not known', { findings: { ...NONE, high: 2 }, uncovered: 1 }, /2 findings.*unknown, not none/],
    ['exploited', { findings: { ...NONE, high: 2 }, exploited: 1 }, /1 of them is known to be exploited|of which 1/],
    ['fixable by one version', { findings: { ...NONE, low: 3 }, fixable: 3, fixedVersion: '3.0.17' }, /3\.0\.17/],
    ['fixable by several', { findings: { ...NONE, low: 3 }, fixable: 2 }, /2 .*fix/],
    ['without a fix', { findings: { ...NONE, low: 3 } }, /no fix/i],
  ])('of what is %s', (_, over, said) => expect(say(over)).toMatch(said));

  test('does not say clean in either language where something is not covered', () => {
    expect(say({ uncovered: 1 })).not.toContain(en.packages.clean);
    expect(sentenceOf(page({ uncovered: 1 }), zh.packages, String)).not.toContain(zh.packages.clean);
  });
});
