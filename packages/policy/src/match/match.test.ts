import { describe, expect, test } from 'vitest';
import { ImageMatch, matchesImage } from './image.ts';
import { KubernetesMatch, type Matchable, matchesObject } from './kubernetes.ts';
import { LabelSelector, selects } from './labels.ts';
import { matchesPath, matchesWildcard } from './wildcard.ts';

describe('globs', () => {
  const paths: [string, string, boolean][] = [
    ['web', 'web', true],
    ['web', 'webs', false],
    ['team/*', 'team/web', true],
    ['team/*', 'team/web/api', false],
    ['team/**', 'team/web/api', true],
    ['**', 'a/b/c', true],
    ['**/api', 'team/web/api', true],
    ['*/api', 'team/web/api', false],
    ['w*b', 'wb', true],
    ['a.c', 'abc', false],
    ['[a]', 'a', false],
    ['', 'a', false],
    ['a/**/z', 'a/z', false],
  ];
  test.each(paths)('the path pattern %s on %s: %s', (pattern, text, expected) =>
    expect(matchesPath(pattern, text)).toBe(expected),
  );

  test('a pattern made to backtrack is answered by states, not by trying', () => {
    expect(matchesPath(`${'*a'.repeat(100)}b`, 'a'.repeat(255))).toBe(false);
  });

  const wildcards: [string, string, boolean][] = [
    ['kube-*', 'kube-system', true],
    ['*-system', 'kube-system', true],
    ['*system*', 'a-system-b', true],
    ['*', 'anything', true],
    ['k*e', 'kube', false],
    ['kube-system', 'kube-system-2', false],
  ];
  test.each(wildcards)('the wildcard %s on %s: %s', (pattern, text, expected) =>
    expect(matchesWildcard(pattern, text)).toBe(expected),
  );
});

describe('label selectors', () => {
  const labels = { app: 'web', tier: 'front' };
  const cases: [string, unknown, boolean][] = [
    ['an empty selector selects everything', {}, true],
    ['labels must all agree', { matchLabels: { app: 'web', tier: 'back' } }, false],
    ['In', { matchExpressions: [{ key: 'app', operator: 'In', values: ['api', 'web'] }] }, true],
    ['NotIn', { matchExpressions: [{ key: 'app', operator: 'NotIn', values: ['web'] }] }, false],
    [
      'NotIn selects what has no such label',
      { matchExpressions: [{ key: 'zone', operator: 'NotIn', values: ['a'] }] },
      true,
    ],
    ['Exists', { matchExpressions: [{ key: 'tier', operator: 'Exists' }] }, true],
    [
      'Exists does not see inherited properties',
      { matchExpressions: [{ key: 'constructor', operator: 'Exists' }] },
      false,
    ],
    ['DoesNotExist', { matchExpressions: [{ key: 'tier', operator: 'DoesNotExist' }] }, false],
  ];
  test.each(cases)('%s', (_, selector, expected) =>
    expect(selects(LabelSelector.parse(selector), labels)).toBe(expected),
  );

  test.each([
    ['an unknown operator', { matchExpressions: [{ key: 'a', operator: 'in', values: ['b'] }] }],
    ['In without values', { matchExpressions: [{ key: 'a', operator: 'In' }] }],
    ['a misspelt field', { matchLabel: { a: 'b' } }],
  ])('refuses %s', (_, selector) => expect(LabelSelector.safeParse(selector).success).toBe(false));
});

describe('the match of a Kubernetes constraint', () => {
  const object = { name: 'web', generateName: '', labels: { app: 'web' } };
  const pod: Matchable = {
    group: '',
    kind: 'Pod',
    namespace: 'shop',
    objects: [object],
    namespaceLabels: { env: 'prod' },
  };
  const deployment: Matchable = { ...pod, group: 'apps', kind: 'Deployment' };
  const namespace: Matchable = {
    group: '',
    kind: 'Namespace',
    namespace: 'kube-system',
    objects: [{ ...object, name: 'kube-system' }],
    namespaceLabels: null,
  };
  const role: Matchable = {
    group: 'rbac.authorization.k8s.io',
    kind: 'ClusterRole',
    namespace: '',
    objects: [object],
    namespaceLabels: null,
  };

  const cases: [string, unknown, Matchable, boolean][] = [
    ['an empty match is everything', {}, role, true],
    [
      'kinds and groups agree within one entry',
      { kinds: [{ apiGroups: ['apps'], kinds: ['Deployment'] }] },
      deployment,
      true,
    ],
    [
      'kinds of one entry do not borrow groups of another',
      {
        kinds: [
          { apiGroups: ['apps'], kinds: ['Pod'] },
          { apiGroups: [''], kinds: ['Deployment'] },
        ],
      },
      pod,
      false,
    ],
    ['an asterisk is every kind', { kinds: [{ apiGroups: ['*'], kinds: ['*'] }] }, pod, true],
    ['namespaces by glob', { namespaces: ['sh*'] }, pod, true],
    ['other namespaces', { namespaces: ['stage'] }, pod, false],
    ['excluded namespaces', { excludedNamespaces: ['*op'] }, pod, false],
    ['a Namespace is matched by its own name', { excludedNamespaces: ['kube-*'] }, namespace, false],
    ['objects of the cluster are in no excluded namespace', { excludedNamespaces: ['*'] }, role, true],
    ['objects of the cluster pass a list of namespaces', { namespaces: ['shop'] }, role, true],
    ['the scope Namespaced', { scope: 'Namespaced' }, role, false],
    ['the scope Cluster holds Namespaces', { scope: 'Cluster' }, namespace, true],
    ['the scope Cluster', { scope: 'Cluster' }, pod, false],
    ['labels of the object', { labelSelector: { matchLabels: { app: 'api' } } }, pod, false],
    [
      'labels of the old object count as well',
      { labelSelector: { matchLabels: { app: 'api' } } },
      { ...pod, objects: [object, { ...object, labels: { app: 'api' } }] },
      true,
    ],
    ['labels of the namespace', { namespaceSelector: { matchLabels: { env: 'prod' } } }, pod, true],
    ['labels of another namespace', { namespaceSelector: { matchLabels: { env: 'test' } } }, pod, false],
    [
      'a Namespace is selected by its own labels',
      { namespaceSelector: { matchLabels: { app: 'web' } } },
      namespace,
      true,
    ],
    [
      'objects of the cluster pass a namespace selector',
      { namespaceSelector: { matchLabels: { env: 'prod' } } },
      role,
      true,
    ],
    ['names by glob', { name: 'we*' }, pod, true],
    ['generated names', { name: 'web-*' }, { ...pod, objects: [{ ...object, name: '', generateName: 'web-' }] }, true],
  ];
  test.each(cases)('%s', (_, match, about, expected) =>
    expect(matchesObject(KubernetesMatch.parse(match), about)).toBe(expected),
  );

  test('a namespace selector about an unknown namespace throws, so that nothing is let through unseen', () => {
    const match = KubernetesMatch.parse({ namespaceSelector: { matchLabels: { env: 'prod' } } });
    expect(() => matchesObject(match, { ...pod, namespaceLabels: null })).toThrow(
      /the labels of the namespace shop are not known/,
    );
  });

  test('a misspelt field is refused', () =>
    expect(KubernetesMatch.safeParse({ excludeNamespaces: ['x'] }).success).toBe(false));
});

describe('the match of an image constraint', () => {
  const image = { account: 'acme', repository: 'team/web' };
  const cases: [string, unknown, boolean][] = [
    ['an empty match is every image', {}, true],
    ['account and repository must both agree', { accounts: ['acme'], repositories: ['team/*'] }, true],
    ['another account', { accounts: ['other'] }, false],
    ['another repository', { repositories: ['team'] }, false],
    ['an empty list is no image', { accounts: [] }, false],
    ['exclusion wins', { repositories: ['**'], excludedRepositories: ['team/*'] }, false],
  ];
  test.each(cases)('%s', (_, match, expected) => expect(matchesImage(ImageMatch.parse(match), image)).toBe(expected));
});
