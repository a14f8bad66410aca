import { join } from 'node:path';
import { presetBundle, readPresets } from '@pratique/policy';
import { expect, test } from 'vitest';
import { testDatabase } from '../../../../test/support/database.ts';
import { asSystem } from '../db/connect.ts';
import { ROOT } from '../roles/open.ts';
import { makeAccount } from './account.fixture.ts';
import {
  applyPolicyYaml,
  followPresets,
  PRESET_AUTHOR,
  readAccountBundle,
  storeAccountBundle,
} from './account-policy.ts';

const { db } = await testDatabase();
const presets = await readPresets(join(ROOT, 'policies'));
const CONTENTS = ['baseline', 'malware', 'malware-not-looked-into', 'secrets', 'secrets-removed-later'];
const older = presets.filter(({ name }) => !['baseline', 'malware', 'secrets'].includes(name));
const newAccount = (name: string) => asSystem(db, (tx) => makeAccount(tx, name));
const names = async (accountId: string) =>
  (await asSystem(db, (tx) => readAccountBundle(tx, accountId)))?.bundle.constraints.map(({ name }) => name) ?? [];

test('what a version brings is on in new accounts, and denies nobody over night in others', async () => {
  const [fresh, old] = [await newAccount('fresh'), await newAccount('old')];
  await asSystem(db, async (tx) => {
    await storeAccountBundle(tx, old.accountId, presetBundle(older), PRESET_AUTHOR);
    for (const { accountId } of [fresh, old]) await followPresets(tx, accountId, presets);
  });
  expect(await names(fresh.accountId)).toEqual(expect.arrayContaining(CONTENTS));
  expect(await names(old.accountId)).toEqual(presetBundle(older).constraints.map(({ name }) => name));
});

test('a preset that is not on is turned on by its constraint alone', () => {
  const yaml = 'apiVersion: constraints.gatekeeper.sh/v1beta1\nkind: Malware\nmetadata: { name: malware }\n';
  const bundle = applyPolicyYaml(presetBundle(older), yaml, presets);
  expect(bundle.constraints.map(({ name }) => name)).toContain('malware');
  expect(bundle.templates.map(({ kind }) => kind)).toContain('Malware');
  expect(() => applyPolicyYaml(presetBundle(older), yaml.replace('Malware', 'Unheard'), presets)).toThrow(/Unheard/);
});
