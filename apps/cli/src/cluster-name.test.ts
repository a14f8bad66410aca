/** Whose cluster a name means, asked of a server that answers as told. */
import { expect, test } from 'vitest';
import type { ApiClient } from './api-client.ts';
import { clusterPath, readClusterName } from './cluster-name.ts';

type Clusters = Record<string, { name: string; isDefault?: boolean }[]>;

function serverWith(accounts: Clusters): ApiClient {
  const answer = (path: string): unknown => {
    if (path === '/accounts')
      return Object.keys(accounts).map((name) => {
        return { name, role: 'owner', repositories: 0, images: 0, createdAt: '2026-01-01T00:00:00Z' };
      });
    const [, account = ''] = /^\/accounts\/([^/]+)\/clusters$/.exec(path) ?? [];
    return (accounts[account] ?? []).map(({ name, isDefault = false }) => {
      const shared = { id: name, mode: 'enforce', exemptNamespaces: [], createdAt: '2026-01-01T00:00:00Z' };
      return { ...shared, name, isDefault };
    });
  };
  return {
    url: 'http://127.0.0.1',
    get: async (path, schema) => schema.parse(answer(path)),
    find: async () => null,
    send: async () => {
      throw new Error('nothing is sent');
    },
    async *stream() {},
  };
}

const two: Clusters = {
  vendor: [{ name: 'build' }],
  customer: [{ name: 'default', isDefault: true }, { name: 'shop' }],
};

test.each<[string, Clusters, string, string | undefined, string]>([
  ['both are given', two, 'vendor', 'new', 'vendor/new'],
  ['they are joined', two, 'vendor/new', undefined, 'vendor/new'],
  ['it is there', two, 'build', undefined, 'vendor/build'],
  ['it is new: the account of the default cluster', two, 'new', undefined, 'customer/new'],
  ['it is new, and there is one account', { solo: [] }, 'new', undefined, 'solo/new'],
])('a cluster is found when %s', async (_, accounts, first, second, expected) => {
  const { account, name } = await readClusterName(serverWith(accounts), first, second);
  expect(`${account}/${name}`).toBe(expected);
});

test.each<[string, Clusters, string]>([
  ['two accounts have it', { a: [{ name: 'x' }], b: [{ name: 'x' }] }, 'a/x or b/x'],
  ['no account stands out', { a: [], b: [] }, 'a/x or b/x'],
])('when %s, the question is whose', async (_, accounts, words) => {
  await expect(readClusterName(serverWith(accounts), 'x', undefined)).rejects.toThrow(words);
});

test('names go into paths as names', () => {
  expect(clusterPath({ account: 'a', name: '../b' })).toBe('/accounts/a/clusters/..%2Fb');
});
