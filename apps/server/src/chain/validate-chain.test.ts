import { CHAIN_TEMPLATES, chainFromTemplate } from '@pratique/contract';
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

  test.each(CHAIN_TEMPLATES)('the template %s is valid, with receivers and without', (template) => {
    for (const deliverTo of [[], ['customer/app:1']]) {
      const made = chainFromTemplate(template, { name: 'web', repositories: ['web/**'], deliverTo });
      expect(validateChain(made)).toEqual(made);
    }
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
    [
      'a repair of what nobody denied',
      chain([gate, { name: 'mend', kind: 'repair', needs: ['gate'] }]),
      /on_deny of a gate/,
    ],
    [
      'a repair with a tag that is neither way',
      chain([
        { ...gate, on_deny: ['mend'] },
        { name: 'mend', kind: 'repair', with: { tag: 'latest' } },
      ]),
      /mend is invalid at with.tag/,
    ],
    [
      'approvers that are neither people nor roles',
      chain([gate, { name: 'ask', kind: 'approval', with: { approvers: ['role:reader'] } }]),
      /ask is invalid at with.approvers.0: is a person/,
    ],
    ['an unknown kind', chain([{ name: 'x', kind: 'rm -rf' }]), /steps.0.kind/],
    ['YAML that is none', 'name: [', /not valid YAML/],
    ['YAML of a string', 'just text', /invalid at its root/],
    ['an alias bomb', `a: &a [x, x]\nb: &b [*a, *a]\nname: c\nrepositories: *b\nsteps: []`, /repositories/],
    [
      'an alias bomb where anything may stand',
      `name: c\nrepositories: ["**"]\nsteps:\n  - name: gate\n    kind: gate\n    with:\n      a: &a [x,x,x,x,x,x,x,x,x,x]\n${'bcdefghi'
        .split('')
        .map((key, at) => `      ${key}: &${key} [${Array(10).fill(`*${'abcdefgh'[at]}`).join(',')}]`)
        .join('\n')}\n`,
      /once its aliases are followed/,
    ],
    ['two YAML documents', 'name: a\n---\nname: b\n', /more than one YAML document/],
    [
      'a predicate that nobody can attest',
      chain([gate, { name: 'attest', kind: 'attest', needs: ['gate'], with: { predicates: ['spd'] } }]),
      /the step attest is invalid at with.predicates.0/,
    ],
    [
      'steps that all need each other and no gate, in time',
      chain([
        ...Array.from({ length: 39 }, (_, at) => ({
          name: `s${at}`,
          kind: 'scan',
          needs: Array.from({ length: at }, (_, earlier) => `s${earlier}`),
        })),
        { name: 'sign', kind: 'sign', needs: ['s38'] },
      ]),
      /must need a gate/,
    ],
    ['parameters beyond 100 kB', chain([{ ...gate, with: { note: 'x'.repeat(200_000) } }]), /more than 100 kB/],
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
