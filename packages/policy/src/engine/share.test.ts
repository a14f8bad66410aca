/** Constraints with the same libraries are evaluated together: each must answer as it does alone. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Bundle, createBundle } from '../bundle.ts';
import type { Template } from '../template.ts';
import { builtEngine } from './engine.fixture.ts';
import type { EngineResult } from './messages.ts';
import { type SpawnedEngine, spawnEngine } from './spawn.ts';

const built = await builtEngine();
const TARGET = 'image.pratique.dev';
const LIB = `package lib.shared
names contains name if some name in input.review.names
loud(text) := upper(text)
clash := 1 if input.review.clash
clash := 2 if input.review.clash`;
/** One that reads what differs between constraints. */
const PARAMETER_LIB = `package lib.shared
names contains name if { some name in input.review.names; not name in input.parameters.allowed }`;

const rule = (body: string, head = 'import data.lib.shared') =>
  `package p\n${head}\nviolation contains {"msg": msg} if {\n${body}\n}`;

const PLAIN = rule('some msg in shared.names\nnot msg in input.parameters.allowed');
const ABSENT = rule('some msg in shared.names\nnot input.parameters.absent');

type Source = { rego: string; lib?: string };
const SOURCES: Record<string, Source> = {
  Plain: { rego: PLAIN },
  Absent: { rego: ABSENT },
  Nested: { rego: rule('some i\nmsg := shared.loud(input.parameters.allowed[i])') },
  Inner: { rego: rule('msg := input.review.names[input.parameters.position]') },
  Some: { rego: rule('some msg in input.parameters.allowed\nsome name in shared.names\nname == msg') },
  Every: { rego: rule('every name in input.parameters.allowed { name in shared.names }\nmsg := "all"') },
  Built: { rego: rule('msg := concat(",", [name | some name in input.parameters.allowed]) ') },
  Branch: {
    rego: `${rule('msg := answer')}\nanswer := "none" if { not input.parameters.allowed } else := input.parameters.allowed[0]`,
  },
  WholeParameters: { rego: rule('msg := json.marshal(input.parameters)') },
  WholeInput: {
    rego: rule('some key, _ in input\nmsg := sprintf("%s %s", [key, json.marshal(input.parameters.allowed)])'),
  },
  PassedOn: { rego: rule('msg := json.marshal(object.get(input, "parameters", {}))') },
  Replaced: { rego: rule('some msg in shared.names with input.review.names as ["with", input.parameters.allowed[0]]') },
  Alias: { rego: rule('msg := json.marshal(mine.allowed)', 'import data.lib.shared\nimport input.parameters as mine') },
  Imported: { rego: rule('msg := json.marshal(parameters)', 'import input.parameters') },
  ImportedReview: {
    rego: rule('some msg in asked.names\nnot msg in input.parameters.allowed', 'import input.review as asked'),
  },
  ItsOwnPackage: {
    rego: `${rule('some msg in data.p.found')}\nfound contains shared.loud(input.parameters.allowed[_])`,
  },
  Clashing: { rego: rule('shared.clash\nmsg := "never"') },
  LibReadsParameters: { rego: rule('some msg in shared.names'), lib: PARAMETER_LIB },
  Helper: {
    rego: `${rule('some msg in wanted')}\nwanted contains name if { some name in shared.names; name in input.parameters.allowed }\ndefault quiet := false`,
  },
};

const PARAMETERS = [
  { allowed: ['a'], position: 1 },
  { allowed: ['b', 'c'], position: 0 },
];

/** @param only one of the two constraints of each */
const bundle = (names: readonly string[], only?: number): Bundle =>
  createBundle(
    names.map(
      (kind): Template => ({
        kind,
        target: TARGET,
        version: 'v1',
        rego: SOURCES[kind]?.rego ?? '',
        libs: [SOURCES[kind]?.lib ?? LIB],
        schema: null,
        title: kind,
        description: '',
        fix: '',
      }),
    ),
    names.flatMap((kind) =>
      PARAMETERS.map((parameters, n) => ({
        kind,
        name: `${kind.toLowerCase()}-${n}`,
        action: 'deny' as const,
        match: {},
        parameters,
      })).filter((_, n) => only === undefined || n === only),
    ),
  );

describe.skipIf('reason' in built)(`what constraints share${'reason' in built ? ` (${built.reason})` : ''}`, () => {
  let engine: SpawnedEngine;
  beforeAll(() => {
    engine = spawnEngine({ binary: 'binary' in built ? built.binary : '', memoryMiB: 256 });
  });
  afterAll(async () => engine.close());

  const ask = async (names: readonly string[], review: unknown, only?: number): Promise<Map<string, EngineResult>> => {
    const asked = bundle(names, only);
    const constraints = asked.constraints.map(({ kind, name }) => `${kind}/${name}`);
    const results = await engine.evaluate({ bundle: asked, target: TARGET, constraints, review, timeoutMs: 2000 });
    return new Map(results.map((result) => [result.constraint, result]));
  };
  const messages = (results: Map<string, EngineResult>, constraint: string) =>
    (results.get(constraint)?.violations ?? []).map((violation) => violation.msg);

  test.each([
    ['as it is', { names: ['a', 'b', 'c'] }],
    ['where a library contradicts itself', { names: ['a'], clash: true }],
    ['where nothing is there', {}],
  ])('changes no answer: %s', async (_, review) => {
    const together = await ask(Object.keys(SOURCES), review);
    for (const name of Object.keys(SOURCES)) {
      for (const n of PARAMETERS.keys()) {
        const key = `${name}/${name.toLowerCase()}-${n}`;
        const alone = await ask([name], review, n);
        expect(together.get(key), key).toEqual(alone.get(key));
      }
    }
  });

  test('each reads its own parameters', async () => {
    const results = await ask(Object.keys(SOURCES), { names: ['a', 'b', 'c'] });
    expect(messages(results, 'Plain/plain-0')).toEqual(['b', 'c']);
    expect(messages(results, 'Plain/plain-1')).toEqual(['a']);
    expect(messages(results, 'Absent/absent-1')).toEqual(['a', 'b', 'c']);
    expect(messages(results, 'Nested/nested-1')).toEqual(['B', 'C']);
    expect(messages(results, 'Inner/inner-0')).toEqual(['b']);
    expect(messages(results, 'Inner/inner-1')).toEqual(['a']);
    expect(messages(results, 'Some/some-1')).toEqual(['b', 'c']);
    expect(messages(results, 'Every/every-0')).toEqual(['all']);
    expect(messages(results, 'Built/built-1')).toEqual(['b,c']);
    expect(messages(results, 'Branch/branch-1')).toEqual(['b']);
    expect(messages(results, 'WholeParameters/wholeparameters-0')).toEqual(['{"allowed":["a"],"position":1}']);
    expect(messages(results, 'PassedOn/passedon-1')).toEqual(['{"allowed":["b","c"],"position":0}']);
    expect(messages(results, 'Replaced/replaced-1')).toEqual(['b', 'with']);
    expect(messages(results, 'Imported/imported-0')).toEqual(['{"allowed":["a"],"position":1}']);
    expect(messages(results, 'ItsOwnPackage/itsownpackage-1')).toEqual(['B', 'C']);
    expect(messages(results, 'LibReadsParameters/libreadsparameters-1')).toEqual(['a']);
    expect(messages(results, 'Helper/helper-1')).toEqual(['b', 'c']);
  });

  test('the fault of one is not the fault of the next', async () => {
    const results = await ask(Object.keys(SOURCES), { names: ['a'], clash: true });
    expect(results.get('Clashing/clashing-0')?.error).toMatch(/conflict/);
    expect(results.get('Clashing/clashing-1')?.error).toMatch(/conflict/);
    expect(messages(results, 'Plain/plain-1')).toEqual(['a']);
  });
});
