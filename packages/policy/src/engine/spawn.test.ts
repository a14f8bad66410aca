import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import type { Bundle } from '../bundle.ts';
import { PolicyError } from '../error.ts';
import type { Template } from '../template.ts';
import { builtEngine, bundleOf } from './engine.fixture.ts';
import type { EngineResult } from './messages.ts';
import { type SpawnedEngine, spawnEngine } from './spawn.ts';
import type { EngineEvent } from './supervise.ts';

const built = await builtEngine();
const engines: SpawnedEngine[] = [];
const events: EngineEvent[] = [];

function start(compileMs = 10_000): SpawnedEngine {
  if ('reason' in built) throw new Error(built.reason);
  const engine = spawnEngine({
    binary: built.binary,
    memoryMiB: 256,
    compileMs,
    onEvent: (event) => events.push(event),
  });
  engines.push(engine);
  return engine;
}
afterEach(async () => {
  await Promise.all(engines.splice(0).map(async (engine) => engine.close()));
  events.length = 0;
});

const ask = async (engine: SpawnedEngine, bundle: Bundle, review: unknown, timeoutMs = 2000): Promise<EngineResult[]> =>
  engine.evaluate({
    bundle,
    target: 'image.pratique.dev',
    constraints: bundle.constraints.map(({ kind, name }) => `${kind}/${name}`),
    review,
    timeoutMs,
  });

const HELLO =
  'package hello\nviolation contains {"msg": msg, "details": {"n": input.review.n}} if { msg := sprintf("hello %d", [input.review.n]) }';
const rule = (body: string) => `package bomb\nviolation contains {"msg": msg} if {\n${body}\n}`;
// 200 million steps: no machine is done with it in time, and the context stops it.
const ENDLESS = rule(
  'xs := numbers.range(1, 20000)\nys := [1 | some a in xs; some b in xs; a * b == 3]\nmsg := sprintf("%d", [count(ys)])',
);
// One built-in call that no context interrupts and that needs gigabytes.
const SHIFT = rule('input.review.armed\nmsg := sprintf("%d", [bits.lsh(1, 20000000000)])');
const SLOW_BUILTIN = rule(
  'input.review.armed\nn := bits.lsh(1, 12000000)\nmsg := sprintf("%d %d %d %d %d %d", [n, n, n, n, n, n])',
);

describe.skipIf('reason' in built)(`the policy engine${'reason' in built ? ` (${built.reason})` : ''}`, () => {
  test('evaluates Rego v0 and v1, with libraries and parameters, in one bundle', async () => {
    const v0: Partial<Template> = {
      version: 'v0',
      rego: 'package old\nimport data.lib.words\nviolation[{"msg": msg}] { words.all[msg]; input.parameters.loud }',
      libs: ['package lib.words\nall = {"one", "two"}'],
    };
    const results = await ask(start(), bundleOf({ Hello: HELLO, Old: v0 }, { loud: true }), { n: 4 });
    expect(results).toEqual([
      { constraint: 'Hello/hello', violations: [{ msg: 'hello 4', details: { n: 4 } }], error: '' },
      {
        constraint: 'Old/old',
        violations: [
          { msg: 'one', details: {} },
          { msg: 'two', details: {} },
        ],
        error: '',
      },
    ]);
  });

  test('evaluates the Rego of public collections: older built-ins, imported library functions, data.inventory', async () => {
    const engine = start();
    const unique: Partial<Template> = {
      version: 'v0',
      rego: `package unique
import data.lib.exempt.is_exempt
violation[{"msg": msg}] {
  re_match("^(extensions|networking.k8s.io)$", input.review.kind.group)
  host := input.review.object.spec.rules[_].host
  not is_exempt(host)
  any([false, true])
  other := data.inventory.namespace[ns][version]["Ingress"][name]
  other.spec.rules[_].host == host
  msg := sprintf("%v is taken by <%v/%v>", [host, ns, name])
}`,
      libs: [
        'package lib.exempt\nis_exempt(host) { exemption := input.parameters.exempt[_]; startswith(host, trim_suffix(exemption, "*")) }',
      ],
      schema: {
        type: 'object',
        properties: { exempt: { type: 'array', items: { type: 'string' }, default: ['internal.*'] } },
      },
    };
    const bundle = bundleOf({ Unique: unique });
    const ingress = (host: string) => ({ spec: { rules: [{ host }] } });
    await engine.setInventory('c', {
      namespace: {
        shop: { 'networking.k8s.io/v1': { Ingress: { web: ingress('a.example.com'), in: ingress('internal.b') } } },
      },
    });
    const review = (host: string) => ({ kind: { group: 'networking.k8s.io' }, object: ingress(host) });
    const evaluation = {
      bundle,
      target: 'image.pratique.dev',
      constraints: ['Unique/unique'],
      timeoutMs: 2000,
      inventory: 'c',
    };
    expect(await engine.evaluate({ ...evaluation, review: review('a.example.com') })).toMatchObject([
      { violations: [{ msg: 'a.example.com is taken by <shop/web>' }] },
    ]);
    expect(await engine.evaluate({ ...evaluation, review: review('internal.b') })).toEqual([]);
  });

  const malformed: [string, Partial<Template>, { source: string; line: number }, RegExp][] = [
    [
      'a syntax error',
      { rego: 'package a\n\nviolation contains {"msg": 1} if {{{' },
      { source: 'rego', line: 3 },
      /rego_parse_error/,
    ],
    [
      'v0 syntax in a v1 source',
      { rego: 'package a\nviolation[{"msg": "x"}] { true }' },
      { source: 'rego', line: 2 },
      /`if` keyword is required/,
    ],
    [
      'an unknown function',
      { rego: 'package a\nviolation contains {"msg": "x"} if {\n nonsense(1)\n}' },
      { source: 'rego', line: 3 },
      /undefined function nonsense/,
    ],
    [
      'recursion',
      { rego: 'package a\nf(x) := g(x)\ng(x) := f(x)\nviolation contains {"msg": f(1)} if true' },
      { source: 'rego', line: 2 },
      /recursive/,
    ],
    ['no rule violation', { rego: 'package a\nallow if true' }, { source: 'rego', line: 1 }, /no rule violation/],
    [
      'an error in a library',
      { rego: HELLO, libs: ['package lib.x\nf(x) := y'] },
      { source: 'libs[0]', line: 2 },
      /unsafe/,
    ],
    [
      'a library outside lib',
      { rego: HELLO, libs: ['package other\nx := 1'] },
      { source: 'libs[0]', line: 1 },
      /must begin with lib/,
    ],
    ['an empty source', { rego: ' ' }, { source: 'rego', line: 0 }, /empty/],
    [
      'a schema of no known type',
      { rego: HELLO, schema: { type: 'thing' } },
      { source: 'schema', line: 0 },
      /no type "thing"/,
    ],
    [
      'missing parameters',
      { rego: HELLO, schema: { type: 'object', required: ['limit'] } },
      { source: 'parameters', line: 0 },
      /parameters\.limit is required/,
    ],
    [
      'a parameter of the wrong type',
      { rego: HELLO, schema: { properties: { level: { type: 'integer' } } } },
      { source: 'parameters', line: 0 },
      /parameters\.level must be integer, not string/,
    ],
    [
      'a misspelt parameter',
      { rego: HELLO, schema: { properties: { levels: { type: 'string' } } } },
      { source: 'parameters', line: 0 },
      /parameters\.level is not in the template's schema/,
    ],
  ];
  test.for(malformed)('refuses to load %s and says where', async ([, template, where, message]) => {
    const outcome = await start().load(bundleOf({ Broken: { ...template } }, { level: 'high' }));
    expect(outcome.outcome).toBe('invalid');
    expect(outcome.outcome === 'invalid' && outcome.problems[0]).toMatchObject({
      template: 'Broken',
      ...where,
      message: expect.stringMatching(message),
    });
  });

  test('a review asked of a bundle that does not compile is an error, not an empty answer', async () => {
    await expect(ask(start(), bundleOf({ Broken: 'package' }), {})).rejects.toThrow(/template Broken, rego line 1/);
  });

  const failing: [string, string, RegExp][] = [
    [
      'a conflict of complete rules',
      `package a\nx := 1 if true\nx := 2 if input.review\nviolation contains {"msg": sprintf("%d", [x])} if true`,
      /eval_conflict_error/,
    ],
    ['an endless comprehension', ENDLESS, /took longer than 300 ms/],
    [
      'a msg that is no string',
      'package a\nviolation contains {"msg": 5} if true',
      /msg of a violation must be a string/,
    ],
    ['a violation without msg', 'package a\nviolation contains {"message": "x"} if true', /has no msg/],
    ['a violation that is no set', 'package a\nviolation := "yes"', /must be a set/],
  ];
  test.for(failing)(
    '%s is an error of its constraint, and the next constraint is still answered or counted as failed',
    async ([, rego, message]) => {
      const results = await ask(start(), bundleOf({ Abad: rego, Hello: HELLO }), { n: 1 }, 300);
      expect(results[0]).toMatchObject({ constraint: 'Abad/abad', error: expect.stringMatching(message) });
      expect(results[1]?.error || results[1]?.violations[0]?.msg).toMatch(/ran out|hello 1/);
    },
  );

  test('huge output is cut, with a note that says how much is missing', async () => {
    const many =
      'package a\nviolation contains {"msg": sprintf("%d", [i]), "details": {"i": i}} if some i in numbers.range(1, 5000)';
    const long =
      'package b\nviolation contains {"msg": concat("é", [sprintf("%d", [i]) | some i in numbers.range(1, 20000)])} if true';
    const [counted, clipped] = await ask(start(), bundleOf({ Acount: many, Blong: long }), {}, 5000);
    expect(counted?.violations).toHaveLength(1001);
    expect(counted?.violations.at(-1)).toEqual({
      msg: '4000 more violations are not listed.',
      details: { omitted: 4000 },
    });
    const message = clipped?.violations[0]?.msg ?? '';
    expect(Buffer.byteLength(message)).toBeLessThanOrEqual(8192);
    expect(message).toMatch(/^1é2é3.*…$/);
  });

  test('details that are too large or too deep are replaced by the reason', async () => {
    const large = 'package b\nviolation contains {"msg": "m", "details": {"big": numbers.range(1, 20000)}} if true';
    const deep = `package c\nviolation contains {"msg": "m", "details": ${'['.repeat(60)}${']'.repeat(60)}} if true`;
    const results = await ask(start(), bundleOf({ Blarge: large, Cdeep: deep }), {});
    expect(results.map((result) => result.violations[0]?.details)).toEqual([
      { omitted: 'the details were larger than 32 KiB' },
      { omitted: 'the details were nested deeper than 16 levels' },
    ]);
  });

  test('a review that is nested too deeply or too large is refused, and the caller hears it', async () => {
    const engine = start();
    const bundle = bundleOf({ Hello: HELLO });
    let deep: unknown = 1;
    for (let i = 0; i < 300; i += 1) deep = [deep];
    await expect(ask(engine, bundle, { deep })).rejects.toThrow(/nested deeper than 256/);
    await expect(ask(engine, bundle, { large: 'x'.repeat(17 * 1024 * 1024) })).rejects.toMatchObject({
      code: 'review-too-large',
    });
  });

  test.for([
    ['a memory bomb', SHIFT],
    ['a built-in that nothing interrupts', SLOW_BUILTIN],
  ] as const)('%s is named, its review fails, and every other review is answered', async ([, rego]) => {
    const engine = start();
    const bomb = bundleOf({ Bomb: rego });
    const hello = bundleOf({ Hello: HELLO });
    await engine.load(bomb);
    await engine.load(hello);
    const innocents = (n: number) => Array.from({ length: 40 }, async (_, i) => ask(engine, hello, { n: n + i }));
    const before = innocents(0);
    const poisoned = ask(engine, bomb, { armed: true }, 100).catch((error: unknown) => error);
    const after = innocents(40);
    const failure = await poisoned;
    expect(failure).toBeInstanceOf(PolicyError);
    expect((failure as PolicyError).code).toMatch(/engine-(overrun|crashed)/);
    expect((failure as PolicyError).culprit).toBe('Bomb/bomb');
    const answers = await Promise.all([...before, ...after]);
    expect(answers.map((results) => results[0]?.violations[0]?.msg)).toEqual(
      Array.from({ length: 80 }, (_, i) => `hello ${i}`),
    );
  });

  test('a policy that brings the engine down three times is suspended and counts as violated', async () => {
    const engine = start();
    const bomb = bundleOf({ Bomb: SHIFT, Hello: HELLO });
    for (let i = 0; i < 3; i += 1)
      await expect(ask(engine, bomb, { armed: true, n: i }, 100)).rejects.toThrow(PolicyError);
    const results = await ask(engine, bomb, { armed: true, n: 3 });
    expect(results).toMatchObject([
      { constraint: 'Bomb/bomb', error: expect.stringContaining('suspended') },
      { constraint: 'Hello/hello', violations: [{ msg: 'hello 3' }] },
    ]);
  });

  test('kill -9 in the middle of a batch loses no review', async () => {
    const engine = start();
    const bundle = bundleOf({ Hello: HELLO });
    await ask(engine, bundle, { n: -1 });
    const first = engine.pid;
    const reviews = Array.from({ length: 300 }, async (_, n) => ask(engine, bundle, { n }));
    process.kill(first ?? 0, 'SIGKILL');
    const answers = await Promise.all(reviews);
    expect(answers.map((results) => results[0]?.violations[0]?.msg)).toEqual(
      Array.from({ length: 300 }, (_, n) => `hello ${n}`),
    );
    expect(engine.pid).not.toBe(first);
  });

  test('a binary that cannot be started fails the review instead of waiting for ever', async () => {
    const engine = spawnEngine({ binary: '/nonexistent/policy-engine', onEvent: (event) => events.push(event) });
    engines.push(engine);
    await expect(ask(engine, bundleOf({ Hello: HELLO }), { n: 1 })).rejects.toMatchObject({
      code: 'engine-unavailable',
    });
  });

  test('a template that the compiler cannot finish is refused without harm to the engine that serves', async () => {
    const engine = start(1000);
    await ask(engine, bundleOf({ Hello: HELLO }), { n: 1 });
    const serving = engine.pid;
    const nested = `package a\nviolation contains {"msg": "x"} if {\nx := ${'[y | y := '.repeat(3000)}1${']'.repeat(3000)}\n}`;
    const outcome = await engine.load(bundleOf({ Nested: nested }));
    expect(outcome).toMatchObject({ outcome: 'invalid', problems: [{ template: 'Nested' }] });
    expect(engine.pid).toBe(serving);
  });

  test('http.send and name look-ups compile, reach nothing, and deny instead of letting through', async () => {
    let asked = 0;
    const server = createServer((_, response) => {
      asked += 1;
      response.end('{}');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const send = `http.send({"method": "GET", "url": "http://127.0.0.1:${port}/", "raise_error": false})`;
    const engine = start();
    for (const [name, rego] of [
      ['Sends', `package a\nviolation contains {"msg": "reached"} if ${send}.status_code == 200`],
      ['Requires', `package a\nviolation contains {"msg": "not ok"} if ${send}.status_code != 200`],
      ['Looks', 'package a\nviolation contains {"msg": "looked up"} if net.lookup_ip_addr("localhost")'],
    ] as const)
      expect(await ask(engine, bundleOf({ [name]: rego }), {})).toMatchObject([
        { error: expect.stringMatching(/cannot reach the network/) },
      ]);
    const environment =
      'package a\nviolation contains {"msg": sprintf("environment %v", [opa.runtime()])} if count(object.get(opa.runtime(), "env", {})) > 0';
    expect(await ask(engine, bundleOf({ Reads: environment }), {})).toEqual([]);
    server.close();
    expect(asked).toBe(0);
  });

  test('data.inventory is what was set for the scope, also after the engine was killed', async () => {
    const engine = start();
    const bundle = bundleOf({
      Known: 'package a\nviolation contains {"msg": name} if some name in object.keys(data.inventory.cluster)',
    });
    await engine.setInventory('cluster-1', { cluster: { prod: {} } });
    const evaluation = {
      bundle,
      target: 'image.pratique.dev',
      constraints: ['Known/known'],
      review: {},
      timeoutMs: 2000,
    };
    expect(await engine.evaluate({ ...evaluation, inventory: 'cluster-1' })).toMatchObject([
      { violations: [{ msg: 'prod' }] },
    ]);
    process.kill(engine.pid ?? 0, 'SIGKILL');
    expect(await engine.evaluate({ ...evaluation, inventory: 'cluster-1' })).toMatchObject([
      { violations: [{ msg: 'prod' }] },
    ]);
    expect(await engine.evaluate(evaluation)).toEqual([]);
    await expect(engine.evaluate({ ...evaluation, inventory: 'cluster-2' })).rejects.toThrow(
      /no inventory "cluster-2"/,
    );
  });

  test('a constraint asked about a review of another target is an error, not silence', async () => {
    const bundle = bundleOf({ Hello: HELLO });
    const results = await start().evaluate({
      bundle,
      target: 'admission.k8s.gatekeeper.sh',
      constraints: ['Hello/hello'],
      review: {},
      timeoutMs: 1000,
    });
    expect(results).toMatchObject([{ error: expect.stringContaining('for the target') }]);
  });

  test('status tells what is loaded', async () => {
    const engine = start();
    const bundle = bundleOf({ Hello: HELLO });
    await engine.load(bundle);
    expect(await engine.status()).toMatchObject({ bundles: [bundle.digest], scopes: [] });
  });
});
