/** Changes of a chain in the designer. */
import { ChainDefinition } from '@pratique/contract';
import { describe, expect, test } from 'vitest';
import { writeYaml } from '../policies/trust/write-yaml.ts';
import {
  addStep,
  changeKind,
  joinStep,
  removeStep,
  renameStep,
  setParameter,
  tidyChain,
  troubleOfName,
  waitingFor,
} from './edit-chain.ts';

const chain = ChainDefinition.parse({
  name: 'web',
  repositories: ['**'],
  steps: [
    { name: 'scan', kind: 'scan' },
    { name: 'gate', kind: 'gate', needs: ['scan'], on_deny: ['record'] },
    { name: 'record', kind: 'attest', with: { predicates: ['verdict'] } },
    { name: 'sign', kind: 'sign', needs: ['gate'] },
  ],
});
const said = (changed: ChainDefinition): string[] =>
  changed.steps.map((step) => `${step.name}<${step.needs.join()}>${step.on_deny.join()}`);

describe('a step', () => {
  test('that is renamed is named so by all who named it', () => {
    expect(said(renameStep(chain, 1, 'judge'))).toEqual(['scan<>', 'judge<scan>record', 'record<>', 'sign<judge>']);
    expect(said(renameStep(chain, 2, 'note'))[1]).toBe('gate<scan>note');
  });

  test.each([
    ['sign', 'taken'],
    ['Sign', 'malformed'],
    ['', 'malformed'],
    ['gate', null],
    ['gate-2', null],
  ])('may be called %j or not: %j', (name, expected) => {
    expect(troubleOfName(chain, 1, name)).toBe(expected);
  });

  test('that is removed leaves its place to what it needed, and no branch to it', () => {
    expect(said(removeStep(chain, 1))).toEqual(['scan<>', 'record<>', 'sign<scan>']);
    expect(said(removeStep(chain, 2))).toEqual(['scan<>', 'gate<scan>', 'sign<gate>']);
  });

  test('that is added needs the one it stands after, under a name that is free', () => {
    const added = addStep(chain, 'sign', 'gate');
    expect(added.name).toBe('sign-2');
    expect(said(added.chain)).toEqual(['scan<>', 'gate<scan>record', 'sign-2<gate>', 'record<>', 'sign<gate>']);
    expect(said(addStep(chain, 'inventory', null).chain).at(-1)).toBe('inventory<>');
  });

  test('that repairs is added to the branch of a gate, wherever one stands', () => {
    for (const after of ['gate', 'sign', null]) {
      const added = addStep(chain, 'repair', after).chain;
      expect(said(added)).toContain('gate<scan>record,repair');
      expect(said(added)).toContain('repair<>');
    }
  });

  test('of another kind loses parameters, and branches where it cannot deny', () => {
    expect(changeKind(chain, 2, 'sign').steps[2]?.with).toEqual({});
    expect(changeKind(chain, 1, 'scan').steps[1]?.on_deny).toEqual([]);
    expect(changeKind(chain, 1, 'approval').steps[1]?.on_deny).toEqual(['record']);
  });

  test('is joined to others in the order of the chain, and parted from them', () => {
    const joined = joinStep(chain, 3, 'needs', 'scan', true);
    expect(joined.steps[3]?.needs).toEqual(['scan', 'gate']);
    expect(joinStep(joined, 3, 'needs', 'gate', false).steps[3]?.needs).toEqual(['scan']);
  });

  test('keeps its other parameters when one is set or taken away', () => {
    const set = setParameter(chain, 2, 'more', 1);
    expect(set.steps[2]?.with).toEqual({ predicates: ['verdict'], more: 1 });
    expect(setParameter(set, 2, 'predicates', undefined).steps[2]?.with).toEqual({ more: 1 });
  });
});

test('what waits for a step is known by way of needs and denials', () => {
  expect([...waitingFor(chain, 'scan')].toSorted()).toEqual(['gate', 'record', 'sign']);
  expect([...waitingFor(chain, 'sign')]).toEqual([]);
});

test('the text of a chain says nothing that is empty', () => {
  expect(writeYaml(tidyChain(chain))).toBe(`name: web
repositories:
  - "**"
steps:
  - name: scan
    kind: scan
  - name: gate
    kind: gate
    needs:
      - scan
    on_deny:
      - record
  - name: record
    kind: attest
    with:
      predicates:
        - verdict
  - name: sign
    kind: sign
    needs:
      - gate
`);
});
