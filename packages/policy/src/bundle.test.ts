import { describe, expect, test } from 'vitest';
import { createBundle } from './bundle.ts';
import { type Constraint, parseConstraint } from './constraint.ts';
import { decide } from './decide.ts';
import { readYaml } from './read-yaml.ts';
import { parseTemplate, type Template } from './template.ts';

const document = (changes: Record<string, unknown> = {}, target: Record<string, unknown> = { rego: 'package a' }) => ({
  apiVersion: 'templates.gatekeeper.sh/v1',
  kind: 'ConstraintTemplate',
  metadata: { name: 'k8sfoo', annotations: { 'metadata.gatekeeper.sh/title': 'Foo', description: 'No foo.' } },
  spec: {
    crd: { spec: { names: { kind: 'K8sFoo' } } },
    targets: [{ target: 'admission.k8s.gatekeeper.sh', ...target }],
  },
  ...changes,
});

describe('templates', () => {
  test('reads the older form, whose Rego is version 0', () => {
    expect(parseTemplate(document())).toEqual({
      kind: 'K8sFoo',
      target: 'admission.k8s.gatekeeper.sh',
      version: 'v0',
      rego: 'package a',
      libs: [],
      schema: null,
      title: 'Foo',
      description: 'No foo.',
      fix: '',
    });
  });

  test('reads the newer form and takes Rego where CEL stands beside it', () => {
    const code = [
      { engine: 'K8sNativeValidation', source: { validations: [] } },
      { engine: 'Rego', source: { version: 'v1', rego: 'package b', libs: ['package lib.c'] } },
    ];
    expect(parseTemplate(document({}, { code }))).toMatchObject({
      version: 'v1',
      rego: 'package b',
      libs: ['package lib.c'],
    });
  });

  const refused: [string, unknown, RegExp][] = [
    ['another kind of document', { kind: 'Pod' }, /apiVersion/],
    ['a name that is not the kind in lower case', document({ metadata: { name: 'foo' } }), /must be k8sfoo/],
    [
      'CEL alone',
      document({}, { code: [{ engine: 'K8sNativeValidation', source: {} }] }),
      /engine K8sNativeValidation/,
    ],
    ['no source', document({}, {}), /no Rego source/],
    ['an unknown target', document({}, { target: 'x', rego: 'package a' }), /targets\.0\.target/],
    ['a list', [], /template/],
  ];
  test.each(refused)('refuses %s', (_, input, message) => expect(() => parseTemplate(input)).toThrow(message));
});

describe('constraints', () => {
  const base = { apiVersion: 'constraints.gatekeeper.sh/v1beta1', kind: 'K8sFoo', metadata: { name: 'no-foo' } };
  test('denies unless it says otherwise', () => {
    expect(parseConstraint(base)).toEqual({
      kind: 'K8sFoo',
      name: 'no-foo',
      action: 'deny',
      match: {},
      parameters: {},
    });
    expect(parseConstraint({ ...base, spec: { enforcementAction: 'dryrun' } }).action).toBe('dryrun');
  });
  test.each([
    ['an unknown action', { enforcementAction: 'ignore' }, /enforcementAction/],
    ['a misspelt field', { param: {} }, /param/],
  ])('refuses %s', (_, spec, message) => expect(() => parseConstraint({ ...base, spec })).toThrow(message));
});

describe('bundles', () => {
  const template = (kind: string): Template => ({ ...parseTemplate(document()), kind });
  const constraint = (kind: string, name: string, match = {}): Constraint => ({
    kind,
    name,
    action: 'deny',
    match,
    parameters: {},
  });

  test('the digest is of the content, not of its order', () => {
    const one = createBundle([template('A'), template('B')], [constraint('A', 'x'), constraint('B', 'y')]);
    const two = createBundle([template('B'), template('A')], [constraint('B', 'y'), constraint('A', 'x')]);
    const three = createBundle(
      [template('B'), template('A')],
      [constraint('B', 'y'), { ...constraint('A', 'x'), action: 'warn' }],
    );
    expect(one.digest).toBe(two.digest);
    expect(one.digest).not.toBe(three.digest);
    expect(one.digest).toMatch(/^sha256:[0-9a-f]{64}$/);
  });

  test.each([
    ['two templates of a kind', [template('A'), template('A')], [], /two templates of the kind A/],
    [
      'two constraints of a name',
      [template('A')],
      [constraint('A', 'x'), constraint('A', 'x')],
      /two constraints A\/x/,
    ],
    ['a constraint without template', [], [constraint('A', 'x')], /no template/],
    ['a match of another target', [template('A')], [constraint('A', 'x', { repositories: ['*'] })], /invalid match/],
  ])('refuses %s', (_, templates, constraints, message) =>
    expect(() => createBundle(templates, constraints)).toThrow(message),
  );
});

describe('hostile YAML', () => {
  const laughs = [
    'a0: &a0 [x, x, x, x, x, x, x, x, x, x]',
    ...Array.from({ length: 8 }, (_, i) => `a${i + 1}: &a${i + 1} [${`*a${i}, `.repeat(10)}]`),
  ].join('\n');
  test.each([
    ['aliases that stand for a hundred million values', laughs, /more than 100000 values/],
    ['an alias to itself', 'a: &a\n  b: *a', /nested deeper|100000 values/],
    ['deep nesting', '['.repeat(200) + ']'.repeat(200), /deeper than 100|maxDepth/],
    ['a megabyte and more', `a: ${'x'.repeat(1_100_000)}`, /larger than/],
    ['a broken document', 'a: [', /bad\.yaml is not valid YAML/],
    ['a JavaScript tag', 'a: !!js/function "function () {}"', /unknown tag/],
    ['a repeated key', 'a: 1\na: 2', /duplicated/],
  ])('refuses %s', (_, text, message) => expect(() => readYaml(text, 'bad.yaml')).toThrow(message));

  test('reads documents, and leaves empty ones out', () => {
    expect(readYaml('---\na: 1\n---\n---\nb: 2026-01-01\n', 'x')).toEqual([{ a: 1 }, { b: '2026-01-01' }]);
  });
});

describe('the decision', () => {
  const violation = (constraint: string, action: 'deny' | 'warn' | 'dryrun') => ({
    constraint,
    template: 'T',
    action,
    msg: `about ${constraint}.`,
    details: {},
  });
  test.each([
    ['nothing violated', [], 'allow'],
    ['warnings and dry runs', [violation('a', 'warn'), violation('b', 'dryrun')], 'allow'],
    ['one violation that denies', [violation('a', 'warn'), violation('b', 'deny')], 'deny'],
  ] as const)('%s: %s', (_, violations, decision) => expect(decide(violations).decision).toBe(decision));

  test('reasons that deny come first', () => {
    expect(
      decide([violation('b', 'warn'), violation('c', 'deny'), violation('a', 'deny')]).reasons.map(
        ({ constraint }) => constraint,
      ),
    ).toEqual(['a', 'c', 'b']);
  });
});
