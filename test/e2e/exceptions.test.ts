import { beforeAll, describe, expect, test } from 'vitest';
import type { Exception, FeedItem, Overview } from '../../packages/contract/src/index.ts';
import { addPerson, deniedCves, eventually, must, runsOf, settled, status } from '../support/chain.ts';
import { bookworm, HARMLESS, HOLED, makeImage, pushImage, registry } from '../support/image.ts';
import type { Credentials } from '../support/server.ts';
import { useServer } from '../support/use-server.ts';

const server = useServer();

describe('exceptions', () => {
  let developer: Credentials;
  let maintainer: Credentials;
  const image = makeImage(bookworm([HOLED]), { note: 'excepted' });

  beforeAll(async () => {
    developer = await addPerson(server(), 'dora', { vendor: 'developer' });
    maintainer = await addPerson(server(), 'max', { vendor: 'maintainer' });
  });

  test('asked for by one and approved by another let the image pass on its next run', async () => {
    await pushImage(server(), 'vendor/excepted', 'v1', image);
    const before = await settled(server(), 'vendor', 'excepted', 'v1');
    expect(before.verdict?.decision).toBe('deny');
    const names: string[] = [];
    for (const id of new Set(deniedCves(before))) {
      const asked = must(
        await server().api(
          'POST',
          '/api/v1/accounts/vendor/exceptions',
          { kind: 'finding', selector: { id, repositories: ['excepted'] }, reason: 'not reachable in this program' },
          developer,
        ),
      ) as Exception;
      expect([asked.state, asked.owner]).toEqual(['requested', 'dora']);
      names.push(asked.name);
    }
    const rerun = () =>
      server().api('POST', '/api/v1/accounts/vendor/runs', { repository: 'excepted', reference: 'v1' }, developer);
    must(await rerun());
    expect((await settled(server(), 'vendor', 'excepted', 'v1', 2)).verdict?.decision).toBe('deny');
    for (const name of names) {
      const path = `/api/v1/accounts/vendor/exceptions/${name}/approval`;
      expect((await server().api('POST', path, undefined, developer)).status).toBe(403);
      expect(must(await server().api('POST', path, undefined, maintainer))).toMatchObject({
        state: 'active',
        approver: 'max',
      });
    }
    must(await rerun());
    expect((await settled(server(), 'vendor', 'excepted', 'v1', 3)).verdict?.decision).toBe('allow');
    // What was excepted in one repository is not in another.
    await pushImage(server(), 'vendor/not-excepted', 'v1', image);
    expect((await settled(server(), 'vendor', 'not-excepted', 'v1')).verdict?.decision).toBe('deny');
  });

  test('withdrawn, they let nothing pass any more, and the signatures go', async () => {
    const before = await status(server(), 'vendor', 'excepted', 'v1');
    const signed = await registry(server(), 'GET', `vendor/excepted/referrers/${before.digest}`);
    const isBundle = (one: { artifactType: string }) =>
      one.artifactType.startsWith('application/vnd.dev.sigstore.bundle');
    expect(((await signed.json()) as { manifests: { artifactType: string }[] }).manifests.some(isBundle)).toBe(true);
    const [first] = must(await server().api('GET', '/api/v1/accounts/vendor/exceptions')) as Exception[];
    expect(
      (await server().api('DELETE', `/api/v1/accounts/vendor/exceptions/${first?.name}`, undefined, maintainer)).status,
    ).toBe(204);
    must(await server().api('POST', '/api/v1/accounts/vendor/runs', { repository: 'excepted', reference: 'v1' }));
    expect((await settled(server(), 'vendor', 'excepted', 'v1', 4)).verdict?.decision).toBe('deny');
    const after = await registry(server(), 'GET', `vendor/excepted/referrers/${before.digest}`);
    expect(((await after.json()) as { manifests: { artifactType: string }[] }).manifests.some(isBundle)).toBe(false);
  });

  test.each(['exception', 'approval step'])(
    'nobody passes the two pairs of eyes of an %s by a robot of their own',
    async (kind) => {
      const robot = must(
        await server().api(
          'POST',
          '/api/v1/accounts/vendor/robots',
          { name: kind.replace(' ', '-'), role: 'maintainer' },
          maintainer,
        ),
      ) as { token: string };
      if (kind === 'exception') {
        const asked = must(
          await server().api(
            'POST',
            '/api/v1/accounts/vendor/exceptions',
            { kind: 'finding', selector: { id: 'CVE-2020-0001' }, reason: 'my own exception' },
            maintainer,
          ),
        ) as Exception;
        const approved = await server().api(
          'POST',
          `/api/v1/accounts/vendor/exceptions/${asked.name}/approval`,
          undefined,
          robot.token,
        );
        expect(approved.status).toBe(403);
        return;
      }
      must(
        await server().api('PUT', '/api/v1/accounts/vendor/chains/approved', {
          definition: {
            name: 'approved',
            repositories: ['approved'],
            steps: [
              { name: 'inventory', kind: 'inventory' },
              { name: 'ask', kind: 'approval', needs: ['inventory'], with: { approvals: 2, expires_hours: 24 } },
            ],
          },
        }),
      );
      await pushImage(
        server(),
        'vendor/approved',
        'v1',
        makeImage(bookworm([HARMLESS]), { note: 'approved' }),
        maintainer,
      );
      const run = await eventually('the approval step', async () => {
        const [found] = await runsOf(server(), 'vendor', 'approved', 'v1');
        return found?.state === 'waiting' ? found : null;
      });
      const path = `/api/v1/accounts/vendor/runs/${run.id}/steps/ask/approval`;
      const answer = { approve: true, reason: 'looks fine' };
      expect((await server().api('POST', path, answer, maintainer)).status).toBe(403);
      expect((await server().api('POST', path, answer, robot.token)).status).toBe(403);
      must(await server().api('POST', path, answer));
      expect((await server().api('POST', path, answer)).status).toBe(409);
      const [waiting] = (must(await server().api('GET', '/api/v1/accounts/vendor/overview')) as Overview).waiting;
      expect(waiting).toMatchObject({ step: 'ask', given: 1, needed: 2, expiresAt: expect.stringMatching(/Z$/) });
      const second = await addPerson(server(), 'nadia', { vendor: 'maintainer' });
      must(await server().api('POST', path, { approve: true, reason: 'seen by me too' }, second));
      const done = await settled(server(), 'vendor', 'approved', 'v1');
      expect(done.chain.state).toBe('succeeded');
      expect(done.chain.run?.steps.find((step) => step.name === 'ask')?.approval?.answers).toMatchObject([
        { by: 'admin', approve: true },
        { by: 'nadia', approve: true, reason: 'seen by me too' },
      ]);
      const events = must(await server().api('GET', '/api/v1/accounts/vendor/events?limit=500')) as FeedItem[];
      const asked = events.find((event) => event.type.endsWith('approval.requested'));
      expect(asked?.data['link']).toBe(`${server().url}/accounts/vendor/runs/${run.id}`);
    },
  );
});
