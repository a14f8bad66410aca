/** YAML that reads back as what it was written from. */
import { TrustPolicy } from '@pratique/contract';

import { describe, expect, test } from 'vitest';
import { readYaml } from '../../../../../../packages/policy/src/read-yaml.ts';
import { tidyPolicy } from './tidy-policy.ts';
import { writeYaml } from './write-yaml.ts';

/** As the server reads what is saved. */
const load = (text: string): unknown => readYaml(text, 'what was written')[0];
const PEM = '-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE\n-----END PUBLIC KEY-----\n';
const POLICY = TrustPolicy.parse({
  version: 1,
  keys: { acme: PEM },
  rules: [
    { name: 'acme', images: ['registry.acme.example/**'], authorities: { anyOf: [{ key: 'acme' }] } },
    {
      name: 'pause',
      images: ['registry.k8s.io/pause'],
      tags: { allow: ['v*'], requireDigest: true },
      unsigned: 'allow',
    },
  ],
});

describe('what is written', () => {
  test.each<[unknown]>([
    [{}],
    [[]],
    [{ a: [], b: {}, c: null, d: true, e: 1.5 }],
    [[[1, 2], [], [{ a: 1, b: [2] }]]],
    [{ yes: 'no', 'a key': '- not a list', '': '#', n: 'null', t: '12', v: '0x1f', d: '2026-11-22', c: 'a: b' }],
    [
      {
        s: ' led by a space',
        e: 'ends with one ',
        tab: 'a\tb',
        bell: '\u0007',
        multi: ' indented\nsecond',
        trail: 'a \nb\n',
      },
    ],
    [
      {
        block: 'a\n\nb\n',
        strip: 'a\nb',
        three: 'a\n\n\n',
        only: '\n',
        colon: 'account:vendor',
        glob: '**',
        at: '@x',
        pct: '%y',
      },
    ],
    [{ unicode: '吊销，“引号”', url: 'https://a.example/b?c=d#e', re: String.raw`https://github\.com/acme/[^/]+` }],
    [POLICY],
  ])('%j reads back', (value) => expect(load(writeYaml(value))).toEqual(value));
});

test('a policy reads as people write one: keys as blocks, nothing that says nothing', () => {
  const written = writeYaml(tidyPolicy(POLICY));
  expect(written).toContain('keys:\n  acme: |\n    -----BEGIN PUBLIC KEY-----\n');
  expect(written).toContain('rules:\n  - name: acme\n    images:\n      - registry.acme.example/**\n');
  expect(written).not.toMatch(/predicates|mirrors|except|trustedRoots/);
  expect(TrustPolicy.parse(load(written))).toEqual(POLICY);
});
