import { describe, expect, test } from 'vitest';
import type { ClusterEntry } from './clusters.ts';
import { registryHosts } from './image-name.ts';
import { type JudgeDeps, judgeImage } from './judge-image.ts';
import type { KnownVerdict } from './verdict-feed.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;
const OTHER = `sha256:${'b'.repeat(64)}`;
const cluster = { account: 'acme' } as ClusterEntry;
const future = Date.now() + 1e6;

type World = { verdict?: KnownVerdict | null; remembered?: boolean; tagDigest?: string | null };

function deps({ verdict = null, remembered = false, tagDigest = DIGEST }: World): JudgeDeps {
  return {
    hosts: registryHosts('https://registry.example', ['mirror.example:5000']),
    lookup: {
      resolve: async (_account, repository, tag, digest) =>
        repository === 'app'
          ? { repositoryId: 'r', digest: digest ?? tagDigest ?? DIGEST, tagDigest: tag === null ? null : tagDigest }
          : null,
    },
    foreign: { policy: async () => null, ask: async () => null, apply: () => {} },
    verdicts: { allows: () => remembered, read: async () => verdict, apply: () => {} },
  };
}

const allow: KnownVerdict = { decision: 'allow', state: 'valid', validUntil: future, reasons: [] };

describe('an image in a pod', () => {
  test.each<[string, string, World, RegExp | null]>([
    ['is allowed by a remembered verdict', 'registry.example/acme/app:1', { remembered: true }, null],
    ['is allowed by the database when memory knows nothing', 'registry.example/acme/app:1', { verdict: allow }, null],
    ['is allowed by an alias of the registry', 'mirror.example:5000/acme/app:1', { verdict: allow }, null],
    ['is refused without a verdict', 'registry.example/acme/app:1', {}, /has no verdict yet/],
    [
      'is refused for what the gate said',
      'registry.example/acme/app:1',
      { verdict: { ...allow, decision: 'deny', reasons: ['CVE-1 affects x'] } },
      /refused by the gate: CVE-1 affects x/,
    ],
    [
      'is refused when its verdict was revoked',
      'registry.example/acme/app:1',
      { verdict: { ...allow, state: 'revoked' } },
      /revoked/,
    ],
    [
      'is refused when its verdict has expired',
      'registry.example/acme/app:1',
      { verdict: { ...allow, validUntil: Date.now() - 1 } },
      /expired/,
    ],
    [
      'is refused when it is unknown',
      'registry.example/acme/else:1',
      {},
      /there is no image acme\/else:1 that acme may pull/,
    ],
    [
      'is refused in another account by the same words as an unknown one',
      'registry.example/other/app:1',
      { verdict: allow, remembered: true },
      /there is no image other\/app:1 that acme may pull/,
    ],
    [
      'is refused from another registry',
      'docker.io/acme/app:1',
      { verdict: allow },
      /is in another registry, and acme has no trust policy/,
    ],
    [
      'is refused without a host, which means Docker Hub',
      'acme/app:1',
      { verdict: allow },
      /is in another registry, and acme has no trust policy/,
    ],
    [
      'is refused when tag and digest disagree',
      `registry.example/acme/app:1@${OTHER}`,
      { verdict: allow, remembered: true },
      /names two images/,
    ],
    ['is refused when its name is none', 'registry.example/ACME/app', {}, /no image name/],
  ])('%s', async (_, reference, world, reason) => {
    const judged = await judgeImage(deps(world), cluster, reference);
    if (reason === null)
      expect(judged).toMatchObject({
        reason: null,
        digest: DIGEST,
        pinned: `${reference.split('/')[0]}/acme/app@${DIGEST}`,
      });
    else expect(judged.reason).toMatch(reason);
  });

  test('says the same of another account whether or not the image is there', async () => {
    const there = await judgeImage(deps({ remembered: true }), cluster, 'registry.example/other/app:1');
    const notThere = await judgeImage(deps({}), cluster, 'registry.example/other/else:1');
    expect(there.reason?.replaceAll('app', 'X')).toBe(notThere.reason?.replaceAll('else', 'X'));
  });
});
