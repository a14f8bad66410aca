import { canonicalImage } from '@pratique/sign';
import { describe, expect, test } from 'vitest';
import type { ForeignImages, NameRule } from '../foreign/foreign-images.ts';
import type { ForeignRow } from '../foreign/foreign-rows.ts';
import type { ClusterEntry } from './clusters.ts';
import { judgeForeign } from './judge-foreign.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;
const cluster = { account: 'acme', accountId: 'id' } as ClusterEntry;
const rule: NameRule = {
  name: 'hub',
  images: ['docker.io/library/**'],
  except: [],
  tags: { allow: null, requireDigest: false },
};
const row = (more: Partial<ForeignRow>): ForeignRow => ({
  digest: DIGEST,
  state: 'trusted',
  reasons: [],
  policyVersion: 3,
  examinedAt: new Date(),
  validUntil: new Date(Date.now() + 60_000),
  ...more,
});

type World = { rules?: NameRule[] | null; row?: ForeignRow | null };
function foreign({ rules = [rule], row: found = row({}) }: World, asked: string[] = []): ForeignImages {
  return {
    policy: async () => (rules ? { version: 3, rules } : null),
    ask: async (key) => {
      asked.push(`${key.name} ${key.reference}`);
      return found;
    },
    apply: () => {},
  };
}

describe('an image of another registry', () => {
  test.each<[string, string, World, RegExp | null]>([
    ['is allowed when it was trusted', 'nginx:1', {}, null],
    ['is allowed by its digest', `nginx@${DIGEST}`, {}, null],
    [
      'is refused without a policy',
      'nginx:1',
      { rules: null },
      /acme has no trust policy.*pratique trust set acme FILE/,
    ],
    [
      'is refused when no rule is about it',
      'quay.io/nginx:1',
      {},
      /no rule of acme’s trust policy is about quay\.io\/nginx/,
    ],
    [
      'is refused while it is examined',
      'nginx:1',
      { row: row({ state: 'examining', digest: null, validUntil: null }) },
      /nginx:1 is being examined; try again in a moment/,
    ],
    [
      'is refused when only an older policy trusted it',
      'nginx:1',
      { row: row({ policyVersion: 2 }) },
      /being examined/,
    ],
    [
      'is refused when the look at it is too long ago',
      'nginx:1',
      { row: row({ validUntil: new Date(Date.now() - 1) }) },
      /being examined/,
    ],
    [
      'is refused for what was found',
      'nginx:1',
      { row: row({ state: 'refused', reasons: ['nobody signed it'] }) },
      /refused by the trust policy of acme: nobody signed it\. Explain with: pratique trust test acme nginx:1/,
    ],
    [
      'is refused when its registry was not reached',
      'nginx:1',
      { row: row({ state: 'unreachable', reasons: ['no answer'] }) },
      /could not be examined: no answer\. It is tried again/,
    ],
    ['is refused when there are too many', 'nginx:1', { row: null }, /too many images/],
    [
      'is refused for its tag',
      'nginx:dev',
      { rules: [{ ...rule, tags: { allow: ['1*'], requireDigest: false } }] },
      /allows the tags 1\*, not dev/,
    ],
  ])('%s', async (_, reference, world, reason) => {
    const judged = await judgeForeign(foreign(world), cluster, reference, canonicalImage(reference));
    if (reason === null)
      expect(judged).toMatchObject({ reason: null, digest: DIGEST, pinned: `docker.io/library/nginx@${DIGEST}` });
    else expect(judged.reason).toMatch(reason);
  });

  test('has one name whatever its spelling', async () => {
    const asked: string[] = [];
    for (const name of ['nginx', 'docker.io/nginx:latest', 'index.docker.io/library/nginx'])
      await judgeForeign(foreign({}, asked), cluster, name, canonicalImage(name));
    expect(new Set(asked)).toEqual(new Set(['docker.io/library/nginx latest']));
  });
});
