import { describe, expect, test } from 'vitest';
import { DEFAULT_CHAIN } from './default-chain.ts';
import { validateChain } from './validate-chain.ts';

const chain = (steps: unknown[], more: object = {}) => ({ name: 'c', repositories: ['**'], steps, ...more });
const gate = { name: 'gate', kind: 'gate' };

describe('a chain definition', () => {
  test('the default chain is valid, as an object and as YAML', () => {
    expect(validateChain(DEFAULT_CHAIN)).toEqual(DEFAULT_CHAIN);
    expect(validateChain('name: c\nrepositories: ["**"]\nsteps:\n  - { name: gate, kind: gate }\n').steps).toHaveLength(
      1,
    );
  });

  test.each<[string, unknown, RegExp]>([
    [
      'a step that needs one that does not exist',
      chain([{ ...gate, needs: ['scan'] }]),
      /names scan, which is no step/,
    ],
    ['two steps of one name', chain([gate, gate]), /same name/],
    [
      'a step that waits for itself',
      chain([
        { name: 'a', kind: 'scan', needs: ['b'] },
        { name: 'b', kind: 'scan', needs: ['a'] },
      ]),
      /waits for itself/,
    ],
    [
      'a circle through a denial',
      chain([
        { ...gate, needs: ['record'], on_deny: ['record'] },
        { name: 'record', kind: 'attest' },
      ]),
      /waits for itself/,
    ],
    ['a signature without a gate', chain([{ name: 'sign', kind: 'sign' }]), /must need a gate/],
    ['a delivery beside the gate', chain([gate, { name: 'deliver', kind: 'deliver' }]), /must need a gate/],
    [
      'a step that cannot deny with a branch of denial',
      chain([{ name: 'scan', kind: 'scan', on_deny: ['gate'] }, gate]),
      /only gate and approval can deny/,
    ],
    ['an unknown kind', chain([{ name: 'x', kind: 'rm -rf' }]), /steps.0.kind/],
    ['YAML that is none', 'name: [', /not valid YAML/],
    ['YAML of a string', 'just text', /invalid at its root/],
    ['an alias bomb', `a: &a [x, x]\nb: &b [*a, *a]\nname: c\nrepositories: *b\nsteps: []`, /repositories/],
  ])('is refused with %s', (_, definition, message) => {
    expect(() => validateChain(definition)).toThrow(message);
  });

  test('may sign behind a gate that stands several steps before', () => {
    expect(() =>
      validateChain(
        chain([
          gate,
          { name: 'wait', kind: 'approval', needs: ['gate'] },
          { name: 'sign', kind: 'sign', needs: ['wait'] },
        ]),
      ),
    ).not.toThrow();
  });
});
