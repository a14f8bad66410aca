/** Rule files of gitleaks and Trivy are read; what cannot be carried over is named. */
import { describe, expect, test } from 'vitest';
import { createSecretExaminer } from '../examiner.ts';
import { importGitleaks } from './gitleaks.ts';
import type { RuleSet } from './rule-set.ts';
import { importTrivy } from './trivy.ts';

const ID = 'shop-key';
function find(set: RuleSet, text: string, path = 'srv/app/a.sh'): string[] {
  const examiner = createSecretExaminer({ salt: Buffer.alloc(16), rules: set.rules, kinds: [] });
  const content = Buffer.from(text);
  return examiner
    .examine({ path, mode: 0o644, size: content.length, content })
    .map((each) => `${each.id} ${each.line}:${each.column}`);
}

const GITLEAKS = `
[extend]
useDefault = true
disabledRules = ["github-pat", "no-such-rule"]
[[allowlists]]
stopwords = ["letmein"]
[[rules]]
id = "shop-key"
description = "Key of the shop"
regex = '''(?i)shop[_-]key\\s*=\\s*["']?([a-z0-9]{12,40})'''
keywords = ["shop"]
entropy = 3
path = '''\\.sh$'''
[[rules.allowlists]]
paths = ['''^test/''']
regexes = ['''^demo''']
[[rules]]
id = "looks-back"
regex = '''(?<=a)b'''
[[rules]]
id = "no-group"
regex = '''b+'''
secretGroup = 3
[[rules]]
id = "only-path"
path = '''\\.p12$'''
`;
const TRIVY = `
rules:
  - id: shop-key
    category: general
    title: Key of the shop
    severity: HIGH
    path: .*\\.sh
    keywords: [shop]
    regex: (?i)shop[_-]key\\s*=\\s*["']?(?P<secret>[a-z0-9]{12,40})
    secret-group-name: secret
    allow-rules:
      - {id: tests, path: ^test/}
      - {id: demo, regex: demo}
    exclude-block: {description: b, regexes: ['BEGIN[^~]*END']}
  - id: broken
    category: general
    title: x
    severity: LOW
    regex: (a
disable-rules: [aws-access-key-id, no-such-rule]
enable-builtin-rules: [github-pat]
`;

describe.each([
  ['gitleaks', importGitleaks(GITLEAKS)],
  ['Trivy', importTrivy(TRIVY)],
] as const)('a rule of %s', (tool, set) => {
  test.each<[string, string, string, string[]]>([
    ['finds the group that it names', 'a\nSHOP_KEY = "k3x9q7w1z5r8"\n', 'srv/app/a.sh', [`${ID} 2:13`]],
    ['looks at its paths alone', 'SHOP_KEY = "k3x9q7w1z5r8"', 'srv/app/a.txt', []],
    ['is held off by its exemptions of paths', 'SHOP_KEY = "k3x9q7w1z5r8"', 'test/a.sh', []],
    ['is held off by its exemptions of texts', 'SHOP_KEY = "demo9q7w1z5r8"', 'srv/app/a.sh', []],
  ])('%s', (_name, text, path, expected) => expect(find(set, text, path)).toEqual(expected));
  test('that turns kinds of the catalog off is followed, and what is unknown is named', () => {
    expect(set.disabled).toEqual([tool === 'Trivy' ? 'aws-access-key-id' : 'github-personal-access-token']);
    expect(set.left.map((each) => each.rule)).toContain('no-such-rule');
  });
});

test('patterns that RE2 has not, groups that are not there and rules without a pattern are named', () => {
  const left = importGitleaks(GITLEAKS).left.map((each) => `${each.rule} ${each.what}`);
  expect(left).toEqual([
    'no-such-rule disabledRules',
    'null allowlist',
    'looks-back regex',
    'no-group regex',
    'only-path path',
  ]);
  expect(importTrivy(TRIVY).left.map((each) => `${each.rule} ${each.what}`)).toEqual([
    'no-such-rule disable-rules',
    'broken regex',
  ]);
  expect(importTrivy(TRIVY).enabled).toEqual(['github-personal-access-token']);
});

test('entropy, stop words and blocks count', () => {
  expect(find(importGitleaks(GITLEAKS), 'SHOP_KEY=aaaaaaaaaaaaaa')).toEqual([]);
  expect(find(importGitleaks(GITLEAKS), 'SHOP_KEY=k3x9letmein7w1z5r8')).toEqual([]);
  expect(find(importTrivy(TRIVY), 'BEGIN\nSHOP_KEY=k3x9q7w1z5r8\nEND')).toEqual([]);
});

test.each([
  ['what is no TOML', () => importGitleaks('[[')],
  ['what is no YAML', () => importTrivy('a: [')],
  ['what is something else', () => importTrivy('rules: 3')],
])('%s is refused', (_name, run) => expect(run).toThrow(expect.objectContaining({ code: 'config-invalid' })));

test('a pattern that repeats without measure is refused, one that would run away elsewhere is not', () => {
  const rule = (regex: string) => importGitleaks(`[[rules]]\nid = "a"\nregex = '''${regex}'''\n`);
  expect(rule('((a{100}){100}){100}').left[0]?.what).toBe('regex');
  expect(rule('a'.repeat(5000)).left[0]?.reason).toContain('characters');
  expect(find(rule('^(a+)+$'), `${'a'.repeat(5000)}b`)).toEqual([]);
});
