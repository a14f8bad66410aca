/** What becomes of a verdict: renewed, turned by advisories and exceptions, revoked, overruled in an emergency. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type {
  Exception,
  Explanation,
  FeedItem,
  ImageStatus,
  NewClusterAnswer,
  Revoked,
} from '../../packages/contract/src/index.ts';
import { importAdvisories } from '../../packages/scan/src/index.ts';
import { container, review } from '../support/admission.ts';
import { addPerson, eventually, must, runsOf, settled, status } from '../support/chain.ts';
import { bookworm, HARMLESS, makeImage, makeIndex, pushImage, putManifest, registry } from '../support/image.ts';
import { useServer } from '../support/use-server.ts';

const server = useServer();
const plain = makeImage(bookworm([HARMLESS]), { note: 'plain' });
const other = makeImage(bookworm([{ name: 'adduser', version: '3.134' }]), { note: 'other' });
let cluster: NewClusterAnswer;
let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pratique-life-'));
  await pushImage(server(), 'vendor/app', 'v1', plain);
  await pushImage(server(), 'vendor/other', 'v1', other);
  await settled(server(), 'vendor', 'app', 'v1');
  await settled(server(), 'vendor', 'other', 'v1');
  cluster = must(await server().api('POST', '/api/v1/accounts/vendor/clusters', { name: 'shop' })) as NewClusterAnswer;
  await eventually('the cluster', async () => ((await ask('vendor/app', plain.digest)).allowed === true ? true : null));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const api = async (method: string, path: string, body?: unknown) =>
  must(await server().api(method, `/api/v1/accounts/vendor/${path}`, body));

const ask = (repository: string, digest: string, labels: Record<string, string> = {}) =>
  review(
    cluster.validateUrl,
    {
      kind: { group: '', version: 'v1', kind: 'Pod' },
      object: {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'app', labels },
        spec: { containers: [container(`${server().host}/${repository}@${digest}`)] },
      },
    },
    Buffer.from(cluster.caBundle, 'base64').toString(),
  );

const events = async (type: string) =>
  ((await api('GET', 'events?limit=500')) as FeedItem[]).filter((item) => item.type === `dev.pratique.${type}`);

async function sql(text: string, values: unknown[] = []): Promise<Record<string, unknown>[]> {
  return (await (await server().database()).query(text, values)).rows as Record<string, unknown>[];
}

async function readReferrers(name: string, digest: string): Promise<{ digest: string; artifactType: string }[]> {
  const answer = await registry(server(), 'GET', `${name}/referrers/${digest}`);
  return ((await answer.json()) as { manifests: { digest: string; artifactType: string }[] }).manifests;
}

const isDue = (repository: string) =>
  sql(
    `update verdict v set renew_at = now() - interval '1 second' from repository r where r.repository_id = v.repository_id and r.name = $1`,
    [repository],
  );

describe('renewal', () => {
  test('a verdict at half of its validity is decided again, stays in force meanwhile, and is attested anew', async () => {
    await sql(
      `update verdict v set decided_at = now() - interval '16 days', valid_until = now() + interval '14 days' from repository r where r.repository_id = v.repository_id and r.name = 'app'`,
    );
    const before = await status(server(), 'vendor', 'app', 'v1');
    const runs = await runsOf(server(), 'vendor', 'app', 'v1');
    await isDue('app');
    const renewed = await eventually('the renewal', async () => {
      const now = await status(server(), 'vendor', 'app', 'v1');
      return Date.parse(now.verdict?.validUntil ?? '') > Date.parse(before.verdict?.validUntil ?? '') ? now : null;
    });
    expect(renewed.verdict).toMatchObject({ decision: 'allow', state: 'valid' });
    expect((await runsOf(server(), 'vendor', 'app', 'v1')).length).toBe(runs.length);
    expect((await ask('vendor/app', plain.digest)).allowed).toBe(true);
    const summary = 'https://slsa.dev/verification_summary/v1';
    const manifests = (image: ImageStatus) =>
      image.signatures.filter((one) => one.predicateType === summary).map((one) => one.manifest);
    await eventually('the new statement', async () => {
      const now = await status(server(), 'vendor', 'app', 'v1');
      return manifests(now).length > manifests(before).length ? true : null;
    });
    // Of the statements only the latest is a live referrer.
    const live = await readReferrers('vendor/app', plain.digest);
    const now = manifests(await status(server(), 'vendor', 'app', 'v1'));
    expect(live.filter((one) => now.includes(one.digest))).toHaveLength(1);
  });

  test('one that cannot be renewed is told of a day before it ends, and says why', async () => {
    await sql(
      `update verdict v set valid_until = now() + interval '20 hours', warned_at = null, renewal_error = 'the advisories are on strike', renew_at = now() + interval '1 hour'
       from repository r where r.repository_id = v.repository_id and r.name = 'other'`,
    );
    const [told] = await eventually('the warning', async () => {
      const found = await events('verdict.ending');
      return found.length > 0 ? found : null;
    });
    expect(told?.data).toMatchObject({ repository: 'other', reason: 'the advisories are on strike' });
    await isDue('other');
    await eventually('the late renewal', async () =>
      Date.parse((await status(server(), 'vendor', 'other', 'v1')).verdict?.validUntil ?? '') > Date.now() + 86_400_000
        ? true
        : null,
    );
  });
});

describe('new advisories', () => {
  test('judge again the images that they concern, and only those; what is new to them has a time of grace', async () => {
    const before = await status(server(), 'vendor', 'other', 'v1');
    const feed = {
      netbase: {
        'CVE-2026-31337': {
          description: 'a hole in the names of ports',
          releases: { bookworm: { status: 'resolved', fixed_version: '6.5', urgency: 'high', repositories: {} } },
        },
      },
    };
    await writeFile(join(folder, 'debian.json'), JSON.stringify(feed));
    await importAdvisories(join(server().dataDir, 'advisories'), 'debian', join(folder, 'debian.json'));
    const warned = await eventually('the warning', async () => {
      const now = await status(server(), 'vendor', 'app', 'v1');
      return now.verdict?.reasons.some((reason) => reason.details['id'] === 'CVE-2026-31337') ? now : null;
    });
    expect(warned.verdict).toMatchObject({ decision: 'allow', state: 'valid' });
    expect(warned.verdict?.reasons[0]).toMatchObject({ action: 'warn', constraint: 'fixable-findings' });
    expect(warned.verdict?.reasons[0]?.message).toMatch(
      /netbase 6\.4; version 6\.5 fixes it\. It became known after the image was allowed and denies it from \d{4}-/,
    );
    expect((await ask('vendor/app', plain.digest)).allowed).toBe(true);
    expect((await status(server(), 'vendor', 'other', 'v1')).verdict?.decidedAt).toBe(before.verdict?.decidedAt);
    // An image that comes now has no grace.
    await pushImage(server(), 'vendor/late', 'v1', makeImage(bookworm([HARMLESS]), { note: 'late' }));
    expect((await settled(server(), 'vendor', 'late', 'v1')).verdict?.decision).toBe('deny');
  });

  test('when the grace is over the image is denied by itself, and an exception allows it again by itself', async () => {
    await sql(`update package_match set first_seen = now() - interval '8 days' where advisory_id = 'CVE-2026-31337'`);
    await sql(`update verdict_history set decided_at = now() - interval '30 days'`).catch(() => []);
    await isDue('app');
    const denied = await eventually('the denial', async () => {
      const now = await status(server(), 'vendor', 'app', 'v1');
      return now.verdict?.decision === 'deny' && now.chain.state === 'denied' ? now : null;
    });
    expect(denied.chain.run?.trigger).toBe('renewal');
    // What nobody asked for by hand reaches admission through the feed, moments after the row.
    const refused = await eventually('the refusal', async () => {
      const answer = await ask('vendor/app', plain.digest);
      return answer.allowed === false ? answer : null;
    });
    expect(refused.message).toContain('CVE-2026-31337');
    const asked = (await api('POST', 'exceptions', {
      kind: 'finding',
      name: 'ports',
      selector: { id: 'CVE-2026-31337', repositories: ['app'] },
      reason: 'no ports are named here',
      days: 2,
    })) as Exception;
    expect(asked.state).toBe('requested');
    await api('POST', 'exceptions/ports/approval');
    await eventually('the exception’s effect', async () => {
      const now = await status(server(), 'vendor', 'app', 'v1');
      return now.verdict?.decision === 'allow' && now.chain.state === 'succeeded' ? true : null;
    });
    expect((await ask('vendor/app', plain.digest)).allowed).toBe(true);
  });

  test('the end of an exception is reminded of, told, and judged', async () => {
    await sql(
      `update exception set created_at = now() - interval '10 days', expires_at = now() + interval '2 days' where name = 'ports'`,
    );
    const [reminder] = await eventually('the reminder', async () => {
      const found = await events('exception.ending');
      return found.length > 0 ? found : null;
    });
    expect(reminder?.data).toMatchObject({ name: 'ports' });
    await sql(`update exception set expires_at = now() - interval '1 second' where name = 'ports'`);
    await eventually('the denial', async () => {
      const now = await status(server(), 'vendor', 'app', 'v1');
      return now.verdict?.decision === 'deny' && now.chain.state === 'denied' ? true : null;
    });
    expect((await events('exception.expired')).map((item) => item.data['name'])).toEqual(['ports']);
  });

  test('a request can be refused, with a reason', async () => {
    await api('POST', 'exceptions', {
      kind: 'finding',
      name: 'late-wish',
      selector: { id: 'CVE-2026-31337' },
      reason: 'we would rather not',
    });
    const refused = (await api('POST', 'exceptions/late-wish/rejection', {
      reason: 'version 6.5 is out',
    })) as Exception;
    expect(refused).toMatchObject({ state: 'rejected', rejection: { reason: 'version 6.5 is out' } });
    expect((await server().api('POST', '/api/v1/accounts/vendor/exceptions/late-wish/approval')).status).toBe(409);
  });
});

describe('revocation', () => {
  test('the next pod is refused at once; the signature goes, a denial comes, and no new run brings it back', async () => {
    const name = 'vendor/doomed';
    const image = makeImage(bookworm([{ name: 'adduser', version: '3.134' }]), { note: 'doomed' });
    await pushImage(server(), name, 'v1', image);
    await settled(server(), 'vendor', 'doomed', 'v1');
    expect((await ask(name, image.digest)).allowed).toBe(true);
    const referrers = async () => (await readReferrers(name, image.digest)).map((one) => one.artifactType);
    expect((await referrers()).some((type) => type.startsWith('application/vnd.dev.sigstore.bundle'))).toBe(true);
    const revoked = (await api('POST', 'revocations', {
      repository: 'doomed',
      reference: 'v1',
      reason: 'built on a stolen runner',
    })) as Revoked;
    expect(revoked).toMatchObject({ digest: image.digest, verdicts: [{ repository: 'doomed' }] });
    // No waiting: what was acknowledged holds for the very next question.
    const refused = await ask(name, image.digest);
    expect(refused.allowed).toBe(false);
    expect(refused.message).toMatch(/revoked/);
    await eventually('the withdrawal', async () =>
      (await referrers()).some((type) => type.startsWith('application/vnd.dev.sigstore.bundle')) ? null : true,
    );
    await eventually('the denial', async () => ((await events('denial.recorded')).length > 0 ? true : null));
    // Another tag on the same bytes, and a run that is asked for, end in the same word.
    await putManifest(server(), name, 'v2', image);
    await api('POST', 'runs', { repository: 'doomed', reference: 'v1' });
    const after = await eventually('the run', async () => {
      const now = await status(server(), 'vendor', 'doomed', 'v1');
      return now.chain.state === 'denied' ? now : null;
    });
    expect(after.verdict).toMatchObject({ decision: 'deny', state: 'revoked' });
    expect(after.verdict?.reasons.map((reason) => reason.message).join()).toContain('built on a stolen runner');
    // The same bytes elsewhere in the account are under the same word.
    await pushImage(server(), 'vendor/doomed-copy', 'v1', image);
    const copy = await settled(server(), 'vendor', 'doomed-copy', 'v1');
    expect(copy.verdict?.decision).toBe('deny');
    expect((await ask('vendor/doomed-copy', image.digest)).allowed).toBe(false);
    const explained = (await api('GET', 'image/explanation?repository=doomed&reference=v1')) as Explanation;
    expect(explained.summary).toBe('It may not run: it was revoked.');
    expect(explained.revocation?.reason).toBe('built on a stolen runner');
    expect(explained.history.map((event) => event.what)).toEqual(
      expect.arrayContaining(['pushed', 'tagged', 'run', 'step', 'verdict', 'revocation', 'signed']),
    );
    await api('POST', 'revocations/lift', { digest: image.digest, reason: 'the runner was clean' });
    await eventually('the reinstatement', async () => ((await ask(name, image.digest)).allowed === true ? true : null));
  });

  test('an index takes its platforms with it, and a platform the index', async () => {
    const platforms = ['amd64', 'arm64'].map((architecture) => ({
      image: makeImage(bookworm([{ name: 'adduser', version: '3.134' }]), {
        note: architecture,
        platform: { os: 'linux', architecture },
      }),
      os: 'linux',
      architecture,
    }));
    const index = makeIndex(platforms);
    for (const { image } of platforms) await pushImage(server(), 'vendor/both', null, image);
    await pushImage(server(), 'vendor/both', 'v1', index);
    await settled(server(), 'vendor', 'both', 'v1');
    const all = [index.digest, ...platforms.map(({ image }) => image.digest)];
    const answers = async () => Promise.all(all.map(async (digest) => (await ask('vendor/both', digest)).allowed));
    expect(await answers()).toEqual([true, true, true]);
    await api('POST', 'revocations', { repository: 'both', reference: 'v1', reason: 'the whole release' });
    expect(await answers()).toEqual([false, false, false]);
    // By one of its platforms: what was revoked together is reinstated together.
    await api('POST', 'revocations/lift', { digest: all[2], reason: 'it was not' });
    await eventually('the index again', async () => ((await answers()).every((one) => one === true) ? true : null));
    // One platform: the index promises it, so the index goes too; its sibling stays.
    await api('POST', 'revocations', { repository: 'both', reference: all[1] ?? '', reason: 'only this one' });
    expect(await answers()).toEqual([false, false, true]);
  });

  test('developers revoke nothing', async () => {
    const dora = await addPerson(server(), 'dora', { vendor: 'developer' });
    const answer = await server().api(
      'POST',
      '/api/v1/accounts/vendor/revocations',
      { repository: 'app', reference: 'v1', reason: 'because I can' },
      dora,
    );
    expect(answer.status).toBe(403);
  });
});

describe('break-glass', () => {
  test('lets in what is denied by its label, for a time, and is heard of', async () => {
    expect((await ask('vendor/app', plain.digest)).allowed).toBe(false);
    const unopened = await ask('vendor/app', plain.digest, { 'pratique.dev/break-glass': 'tonight' });
    expect(unopened.allowed).toBe(false);
    expect(unopened.message).toContain('pratique break-glass open vendor --name tonight --namespace shop');
    await api('POST', 'break-glass', {
      name: 'tonight',
      namespaces: ['shop'],
      reason: 'checkout is down, the fix has no verdict yet',
      hours: 1,
    });
    const opened = await ask('vendor/app', plain.digest, { 'pratique.dev/break-glass': 'tonight' });
    expect(opened.allowed).toBe(true);
    expect(opened.warnings[0]).toMatch(/admitted by the break-glass tonight of admin/);
    expect((await ask('vendor/app', plain.digest, { 'pratique.dev/break-glass': 'another' })).allowed).toBe(false);
    expect((await ask('vendor/app', plain.digest)).allowed).toBe(false);
    const [used] = await events('break-glass.used');
    expect(used?.data).toMatchObject({ breakGlass: 'tonight', namespace: 'shop', cluster: 'shop' });
    const audit = (await api('GET', 'audit?limit=200')) as { action: string }[];
    expect(audit.map((entry) => entry.action)).toEqual(
      expect.arrayContaining(['break-glass.open', 'break-glass.use', 'image.revoke', 'image.reinstate']),
    );
    await api('DELETE', 'exceptions/tonight');
    expect((await ask('vendor/app', plain.digest, { 'pratique.dev/break-glass': 'tonight' })).allowed).toBe(false);
  });
});
