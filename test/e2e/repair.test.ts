/** A denied image is mended without a hand: in a layer of its own, under a tag of its own, judged, signed and delivered; the original stays denied. */
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Deb, makeArchive, type SignedArchive } from '../../packages/compose/src/fixture/signed-archive.ts';
import type { Explanation, Fleet, NewClusterAnswer, Repair, RepairSummary } from '../../packages/contract/src/index.ts';
import { OCI_LAYER_GZIP, OCI_MANIFEST } from '../../packages/oci/src/index.ts';
import { sha256 } from '../../packages/oci/src/layers/tar-fixture.ts';
import { seeded } from '../../packages/scan/src/secrets/random.fixture.ts';
import { KINDS } from '../../packages/scan/src/secrets.ts';
import { container, review } from '../support/admission.ts';
import { addPerson, eventually, makeContract, must, runsOf, settled, status } from '../support/chain.ts';
import {
  bookworm,
  HARMLESS,
  HOLED,
  imageOf,
  makeArtifact,
  makeImage,
  makeIndex,
  pushImage,
  registry,
  type TestImage,
} from '../support/image.ts';
import { startServer, type TestServer } from '../support/server.ts';

let archive: SignedArchive;
let server: TestServer;
const MENDED = '3.9.0-1~deb12u1';
const libssl = (version: string): Deb => ({
  name: HOLED.name,
  version,
  fields: { Source: 'openssl', Architecture: 'amd64', 'Multi-Arch': 'same' },
  files: [{ path: './usr/share/doc/libssl3/note', content: `of ${version}\n` }],
});

const CHAIN = {
  name: 'mend',
  repositories: ['mend/**'],
  steps: [
    { name: 'inventory', kind: 'inventory' },
    { name: 'scan', kind: 'scan', needs: ['inventory'] },
    { name: 'gate', kind: 'gate', needs: ['scan'], on_deny: ['record-denial', 'repair'] },
    { name: 'record-denial', kind: 'attest', with: { predicates: ['verdict'] } },
    { name: 'repair', kind: 'repair' },
    { name: 'sign', kind: 'sign', needs: ['gate'] },
    { name: 'attest', kind: 'attest', needs: ['gate'], with: { predicates: ['verdict', 'provenance'] } },
    { name: 'deliver', kind: 'deliver', needs: ['sign', 'attest'], with: { to: ['customer/mended'] } },
  ],
};
const moving = (name: string) => ({
  ...CHAIN,
  name,
  repositories: [`${name}/**`],
  steps: CHAIN.steps
    .filter((step) => step.name !== 'deliver')
    .map((step) => (step.name === 'repair' ? { ...step, with: { tag: 'move' } } : step)),
});

beforeAll(async () => {
  archive = await makeArchive([]);
  await archive.publish('bookworm', [libssl(HOLED.version)]);
  await archive.publish('bookworm-updates', []);
  await archive.publish('bookworm-security', [libssl(MENDED)]);
  server = await startServer({
    env: {
      PRATIQUE_FEEDS: 'off',
      PRATIQUE_DEBIAN_MIRROR: archive.mirror,
      PRATIQUE_DEBIAN_SECURITY_MIRROR: archive.mirror,
      PRATIQUE_DEBIAN_KEYRING: archive.keyring,
    },
  });
  must(await server.api('PUT', '/api/v1/accounts/vendor/chains/mend', { definition: CHAIN }));
  must(await server.api('PUT', '/api/v1/accounts/vendor/chains/moving', { definition: moving('moving') }));
  await makeContract(server);
}, 120_000);
afterAll(async () => {
  if (process.env['SHOW']) process.stderr.write(server.log().slice(-9000));
  await server?.stop();
  await archive?.close();
});

const holed = (note: string): TestImage => makeImage(bookworm([HOLED]), { note });
type Statement = { predicate: { buildDefinition: { resolvedDependencies: { digest: { sha256: string } }[] } } };
type Json = { layers: { digest: string }[]; annotations?: Record<string, string> };
const manifestOf = async (name: string, reference: string) =>
  (await registry(server, 'GET', `${name}/manifests/${reference}`).then((answer) => answer.json())) as Json;
const tagsOf = async (name: string) => {
  const { tags } = (await (await registry(server, 'GET', `${name}/tags/list`)).json()) as { tags: string[] };
  // A recorded denial has a tag too.
  return tags.filter((tag) => !tag.startsWith('sha256-'));
};
const repairsOf = async (repository: string, reference: string) =>
  must(
    await server.api('GET', `/api/v1/accounts/vendor/image/repairs?repository=${repository}&reference=${reference}`),
  ) as RepairSummary[];
const repairOf = async (id: string) => must(await server.api('GET', `/api/v1/accounts/vendor/repairs/${id}`)) as Repair;
function withConfig(image: TestImage, value: object): TestImage {
  const bytes = Buffer.from(JSON.stringify(value));
  const manifest = JSON.parse(image.manifest.toString()) as { config: { digest: string; size: number } };
  manifest.config = { ...manifest.config, digest: sha256(bytes), size: bytes.length };
  const written = Buffer.from(JSON.stringify(manifest));
  const [config, ...layers] = image.blobs;
  const blobs = [{ digest: sha256(bytes), bytes, mediaType: config?.mediaType ?? '' }, ...layers];
  return { ...image, digest: sha256(written), manifest: written, blobs };
}

function withLayer(bytes: Buffer): TestImage {
  return imageOf([{ bytes, mediaType: OCI_LAYER_GZIP, diffId: sha256(bytes) }]);
}

/** A repair that is asked for, once it is over. */
const asked = async (body: object): Promise<Repair> => {
  const { id } = must(await server.api('POST', '/api/v1/accounts/vendor/repairs', body)) as RepairSummary;
  return eventually('the end of the repair', async () => {
    const repair = await repairOf(id);
    return repair.finishedAt === null ? null : repair;
  });
};

describe('a chain that repairs', () => {
  const image = holed('voyage');
  beforeAll(async () => {
    await pushImage(server, 'vendor/mend/app', '1.0', image);
    await settled(server, 'vendor', 'mend/app', '1.0');
    await settled(server, 'vendor', 'mend/app', '1.0-r1');
  }, 120_000);

  test('keeps the original denied, and has the repaired image allowed, signed and delivered beside it', async () => {
    const [before, after] = [
      await status(server, 'vendor', 'mend/app', '1.0'),
      await status(server, 'vendor', 'mend/app', '1.0-r1'),
    ];
    expect([before.digest, before.verdict?.decision, before.chain.state]).toEqual([image.digest, 'deny', 'denied']);
    expect([after.verdict?.decision, after.chain.state]).toEqual(['allow', 'succeeded']);
    expect(after.chain.run).toMatchObject({ trigger: 'repair', tag: '1.0-r1' });
    const delivered = await settled(server, 'customer', 'mended', '1.0-r1');
    expect([delivered.digest, delivered.verdict?.decision]).toEqual([after.digest, 'allow']);
    expect(before.chain.run?.steps.find((step) => step.name === 'repair')).toMatchObject({
      state: 'succeeded',
      summary: 'upgraded 1 package in one layer',
    });
  });

  test('adds one layer to those of the original, which each names the other', async () => {
    const repaired = await status(server, 'vendor', 'mend/app', '1.0-r1');
    const [was, is] = [await manifestOf('vendor/mend/app', '1.0'), await manifestOf('vendor/mend/app', '1.0-r1')];
    expect(is.layers.slice(0, -1)).toEqual(was.layers);
    expect(is.annotations?.['dev.pratique.repaired-from']).toBe(image.digest);
    const type = encodeURIComponent('application/vnd.pratique.repair.v1+json');
    const referrers = async (digest: string) => {
      const answer = await registry(server, 'GET', `vendor/mend/app/referrers/${digest}?artifactType=${type}`);
      return ((await answer.json()) as { manifests: { annotations: Record<string, string> }[] }).manifests;
    };
    expect(await referrers(image.digest)).toEqual([
      expect.objectContaining({
        annotations: expect.objectContaining({ 'dev.pratique.repaired-as': repaired.digest }),
      }),
    ]);
    expect(await referrers(repaired.digest)).toEqual([
      expect.objectContaining({
        annotations: expect.objectContaining({ 'dev.pratique.repaired-from': image.digest }),
      }),
    ]);
  });

  test('states how it came to be: the original, the lists and the package by its hash, signed', async () => {
    const answer = await server.api(
      'GET',
      `/api/v1/accounts/vendor/image/attestation?repository=mend/app&reference=1.0-r1&predicateType=${encodeURIComponent('https://slsa.dev/provenance/v1')}`,
    );
    const [summary] = await repairsOf('mend/app', '1.0-r1');
    const [upgraded] = (await repairOf(summary?.id ?? '')).platforms[0]?.result?.upgraded ?? [];
    expect(upgraded).toMatchObject({ name: HOLED.name, from: HOLED.version, to: MENDED });
    const { bundle } = must(answer) as { bundle: { dsseEnvelope: { payload: string } } };
    const { predicate } = JSON.parse(Buffer.from(bundle.dsseEnvelope.payload, 'base64').toString()) as Statement;
    const from = predicate.buildDefinition.resolvedDependencies.map(({ digest }) => digest.sha256);
    expect(from).toContain(upgraded?.sha256);
    expect(from).toContain(image.digest.slice(7));
  });

  test('tells what the repair cleared, from a scan of what it made', async () => {
    const [summary, ...others] = await repairsOf('mend/app', '1.0');
    expect(others).toEqual([]);
    expect(summary).toMatchObject({ mode: 'repair', upgraded: 1, repairedTag: '1.0-r1', requestedBy: 'admin' });
    const repair = await repairOf(summary?.id ?? '');
    expect(repair).toMatchObject({ rescanned: true, remaining: [], new: [] });
    expect(repair.gone.length).toBeGreaterThan(5);
    const [child] = await runsOf(server, 'vendor', 'mend/app', '1.0-r1');
    expect(repair.childRun).toBe(child?.id);
  });

  test('is in the history of both images', async () => {
    const historyOf = async (reference: string) => {
      const path = `/api/v1/accounts/vendor/image/explanation?repository=mend/app&reference=${reference}`;
      const { history } = must(await server.api('GET', path)) as Explanation;
      return history.filter(({ what }) => what === 'repaired').map(({ sentence }) => sentence.slice(0, 24));
    };
    expect(await historyOf('1.0')).toEqual(['repaired as 1.0-r1 sha25']);
    expect(await historyOf('1.0-r1')).toEqual(['made by a repair of 1.0 ']);
  });

  test('lets a cluster run the repaired image and still refuses the original', async () => {
    const cluster = must(
      await server.api('POST', '/api/v1/accounts/vendor/clusters', { name: 'harbour' }),
    ) as NewClusterAnswer;
    const ask = (digest: string) =>
      review(
        cluster.validateUrl,
        {
          kind: { group: '', version: 'v1', kind: 'Pod' },
          object: {
            apiVersion: 'v1',
            kind: 'Pod',
            metadata: { name: 'app', namespace: 'default' },
            spec: { containers: [container(`${server.host}/vendor/mend/app@${digest}`)] },
          },
        },
        Buffer.from(cluster.caBundle, 'base64').toString(),
      );
    const { digest } = await status(server, 'vendor', 'mend/app', '1.0-r1');
    await expect.poll(async () => (await ask(digest)).allowed).toBe(true);
    expect((await ask(image.digest)).allowed).toBe(false);
  });

  test('of the same image again makes the same image, and no second tag', async () => {
    must(await server.api('POST', '/api/v1/accounts/vendor/runs', { repository: 'mend/app', reference: '1.0' }));
    await settled(server, 'vendor', 'mend/app', '1.0', 2);
    const before = await status(server, 'vendor', 'mend/app', '1.0-r1');
    const [again, first] = await repairsOf('mend/app', '1.0');
    expect([again?.repaired, again?.repairedTag]).toEqual([first?.repaired, '1.0-r1']);
    expect(again?.repaired).toBe(before.digest);
    expect(await tagsOf('vendor/mend/app')).toEqual(['1.0', '1.0-r1']);
  });
});

test('a chain does not repair what newer packages would not mend', async () => {
  const secret = KINDS.find(({ id }) => id === 'github-personal-access-token')?.sample(seeded(7)).secret;
  const image = makeImage([...bookworm([HARMLESS]), { path: 'app/env', content: `TOKEN=${secret}\n` }], {
    note: 'token',
  });
  await pushImage(server, 'vendor/mend/leaky', 'v1', image);
  const { verdict, chain } = await settled(server, 'vendor', 'mend/leaky', 'v1');
  expect(verdict?.decision).toBe('deny');
  expect(chain.run?.steps.find((step) => step.name === 'repair')).toMatchObject({
    state: 'skipped',
    summary: expect.stringMatching(/^newer packages mend nothing of what denies it: /),
  });
});

describe('a repair that is asked for', () => {
  const image = holed('asked');
  beforeAll(async () => {
    await pushImage(server, 'vendor/plain', 'v1', image);
    await settled(server, 'vendor', 'plain', 'v1');
  }, 60_000);

  test('as a preview tells what it would do and clear, and changes nothing', async () => {
    const preview = await asked({ repository: 'plain', reference: 'v1', mode: 'preview' });
    expect(preview).toMatchObject({ state: 'done', mode: 'preview', upgraded: 1, repairedTag: null, rescanned: false });
    expect(preview.platforms[0]?.result?.upgraded[0]).toMatchObject({ name: HOLED.name, to: MENDED });
    expect(preview.gone.length).toBeGreaterThan(5);
    expect(preview.remaining).toEqual([]);
    expect(await tagsOf('vendor/plain')).toEqual(['v1']);
    expect((await registry(server, 'GET', `vendor/plain/manifests/${preview.repaired}`)).status).toBe(404);
  });

  test('makes the image that the preview told of', async () => {
    const [preview] = await repairsOf('plain', 'v1');
    const repair = await asked({ repository: 'plain', reference: 'v1' });
    expect(repair).toMatchObject({ state: 'done', repaired: preview?.repaired, repairedTag: 'v1-r1' });
    expect((await settled(server, 'vendor', 'plain', 'v1-r1')).digest).toBe(repair.repaired);
  });

  test('of what has nothing to mend makes nothing and says so', async () => {
    const repair = await asked({ repository: 'plain', reference: 'v1-r1' });
    expect(repair).toMatchObject({ state: 'done', repaired: null, upgraded: 0, childRun: null });
    expect(await tagsOf('vendor/plain')).toEqual(['v1', 'v1-r1']);
  });

  test('twice at once is one repair', async () => {
    const bodies = [1, 2, 3].map(() => ({ repository: 'plain', reference: 'v1', scope: 'findings' }));
    const all = await Promise.all(bodies.map((body) => asked(body)));
    expect(new Set(all.map((one) => one.repaired)).size).toBe(1);
    expect(await tagsOf('vendor/plain')).toEqual(['v1', 'v1-r1']);
  });

  test('of an index repairs each platform, and the index names the repaired ones', async () => {
    const [own, other] = [holed('of an index'), makeImage([{ path: 'readme', content: 'no packages' }], { note: 'x' })];
    const index = makeIndex([
      { image: own, os: 'linux', architecture: 'amd64' },
      { image: other, os: 'linux', architecture: 'arm64' },
    ]);
    for (const child of [own, other]) await pushImage(server, 'vendor/plain-index', null, child);
    await pushImage(server, 'vendor/plain-index', 'v1', index);
    const repair = await asked({ repository: 'plain-index', reference: 'v1' });
    expect(repair).toMatchObject({ state: 'done', digest: index.digest, original: index.digest, repairedTag: 'v1-r1' });
    const [first, second] = repair.platforms;
    expect([first?.digest, first?.result?.upgraded.length]).toEqual([own.digest, 1]);
    expect([second?.digest, second?.result]).toEqual([other.digest, null]);
    expect(second?.skipped).toMatch(/no package database/);
    const answer = await registry(server, 'GET', 'vendor/plain-index/manifests/v1-r1');
    const { manifests } = (await answer.json()) as { manifests: { digest: string }[] };
    expect(manifests.map(({ digest }) => digest)).toEqual([first?.result?.to, other.digest]);
    expect((await settled(server, 'vendor', 'plain-index', 'v1-r1')).digest).toBe(repair.repaired);
    expect((await repairOf(repair.id)).gone.length).toBeGreaterThan(5);
  });

  test('of what was taken out of service is refused', async () => {
    const image = holed('revoked');
    await pushImage(server, 'vendor/plain-revoked', 'v1', image);
    const body = { repository: 'plain-revoked', reference: 'v1' };
    must(await server.api('POST', '/api/v1/accounts/vendor/revocations', { ...body, reason: 'made by a stranger' }));
    const answer = await server.api('POST', '/api/v1/accounts/vendor/repairs', body);
    expect([answer.status, JSON.stringify(answer.json)]).toEqual([409, expect.stringContaining('revoked')]);
  });

  test('is for those who may push', async () => {
    const reader = await addPerson(server, 'rosa', { vendor: 'reader' });
    const body = { repository: 'plain', reference: 'v1', mode: 'preview' };
    expect((await server.api('POST', '/api/v1/accounts/vendor/repairs', body, reader)).status).toBe(403);
    const nowhere = await server.api('POST', '/api/v1/accounts/vendor/repairs', { ...body, reference: 'v9' });
    expect(nowhere.status).toBe(404);
  });
});

describe('the tag', () => {
  test('moves to the repaired image where the chain says so', async () => {
    const image = holed('moving');
    await pushImage(server, 'vendor/moving/app', 'latest', image);
    const moved = await eventually('the tag', async () => {
      const now = await status(server, 'vendor', 'moving/app', 'latest');
      return now.digest === image.digest ? null : now;
    });
    const allowed = await settled(server, 'vendor', 'moving/app', 'latest');
    expect([allowed.digest, allowed.verdict?.decision]).toEqual([moved.digest, 'allow']);
    expect(await tagsOf('vendor/moving/app')).toEqual(['latest']);
    expect((await status(server, 'vendor', 'moving/app', image.digest)).verdict?.decision).toBe('deny');
  });

  test('that is immutable stays, and the repaired image gets one of its own', async () => {
    const image = holed('fixed');
    await pushImage(server, 'vendor/plain-fixed', '1', image);
    await settled(server, 'vendor', 'plain-fixed', '1');
    const database = await server.database();
    await database.query(`update tag set immutable = true where name = '1' and digest = $1`, [image.digest]);
    const repair = await asked({ repository: 'plain-fixed', reference: '1', tagging: 'move' });
    expect(repair.repairedTag).toBe('1-r1');
    expect((await status(server, 'vendor', 'plain-fixed', '1')).digest).toBe(image.digest);
  });

  test('of two images that follow each other is each one’s own: the older one takes none', async () => {
    const [first, second] = [holed('first'), holed('second')];
    await pushImage(server, 'vendor/mend/race', 'v1', first);
    await pushImage(server, 'vendor/mend/race', 'v1', second);
    await settled(server, 'vendor', 'mend/race', first.digest);
    await settled(server, 'vendor', 'mend/race', 'v1');
    const repaired = await settled(server, 'vendor', 'mend/race', 'v1-r1');
    expect(await tagsOf('vendor/mend/race')).toEqual(['v1', 'v1-r1']);
    const [made] = await repairsOf('mend/race', second.digest);
    expect([made?.repairedTag, made?.repaired]).toEqual(['v1-r1', repaired.digest]);
  });

  test('of images that are repaired at once is different for each', async () => {
    const [first, second] = [holed('one of two'), holed('two of two')];
    await pushImage(server, 'vendor/plain-two', 'v1', first);
    await pushImage(server, 'vendor/plain-two', 'v1-r7', second);
    const repairs = await Promise.all(
      ['v1', 'v1-r7'].map((reference) => asked({ repository: 'plain-two', reference })),
    );
    expect(new Set(repairs.map((repair) => repair.repairedTag))).toEqual(new Set(['v1-r1', 'v1-r2']));
    for (const { repairedTag, repaired } of repairs)
      expect((await status(server, 'vendor', 'plain-two', repairedTag ?? '')).digest).toBe(repaired);
  });
});

describe('somebody who may push', () => {
  test('cannot say in the platform’s place how a repaired image came to be, neither before nor after', async () => {
    const image = holed('stated');
    await pushImage(server, 'vendor/plain-stated', 'v1', image);
    const { repaired } = await asked({ repository: 'plain-stated', reference: 'v1', mode: 'preview' });
    // The same inputs make the same bytes: the digest is known before the image is there.
    const statement = {
      _type: 'https://in-toto.io/Statement/v1',
      subject: [{ name: 'image', digest: { sha256: repaired?.slice(7) } }],
      predicateType: 'https://slsa.dev/provenance/v1',
      predicate: {
        buildDefinition: { buildType: 'https://stranger.example/v1', externalParameters: {} },
        runDetails: { builder: { id: 'https://stranger.example' } },
      },
    };
    const attach = (note: string) => {
      const text = JSON.stringify({ ...statement, note });
      const subject = { digest: repaired ?? '', manifest: Buffer.alloc(700), mediaType: OCI_MANIFEST, blobs: [] };
      const made = makeArtifact('application/vnd.in-toto+json', text, subject);
      const manifest = made.manifest.toString().replace('"text/plain"', '"application/vnd.in-toto+json"');
      const bytes = Buffer.from(manifest);
      return pushImage(server, 'vendor/plain-stated', null, { ...made, manifest: bytes, digest: sha256(bytes) });
    };
    await attach('before');
    const repair = await asked({ repository: 'plain-stated', reference: 'v1' });
    expect(repair.repaired).toBe(repaired);
    await settled(server, 'vendor', 'plain-stated', 'v1-r1');
    await attach('after');
    // Another key signs all anew.
    must(await server.api('POST', '/api/v1/accounts/vendor/keys/rotation'));
    must(await server.api('POST', '/api/v1/accounts/vendor/runs', { repository: 'plain-stated', reference: 'v1-r1' }));
    await settled(server, 'vendor', 'plain-stated', 'v1-r1', 2);
    const answer = await server.api(
      'GET',
      `/api/v1/accounts/vendor/image/attestation?repository=plain-stated&reference=v1-r1&predicateType=${encodeURIComponent('https://slsa.dev/provenance/v1')}`,
    );
    const { bundle } = must(answer) as { bundle: { dsseEnvelope: { payload: string } } };
    const signed = Buffer.from(bundle.dsseEnvelope.payload, 'base64').toString();
    expect(signed).toContain('https://pratique.dev/repair/v1');
    expect(signed).not.toContain('stranger');
  });

  test('gets a repaired image also under the longest of tags, and while the original is deleted', async () => {
    const tag = `v${'1'.repeat(127)}`;
    await pushImage(server, 'vendor/plain-long', tag, holed('long'));
    const repair = await asked({ repository: 'plain-long', reference: tag });
    expect(repair.repairedTag).toBe(`${tag.slice(0, 122)}-r1`);
    const image = holed('deleted');
    await pushImage(server, 'vendor/plain-gone', 'v1', image);
    const { id } = must(
      await server.api('POST', '/api/v1/accounts/vendor/repairs', { repository: 'plain-gone', reference: 'v1' }),
    ) as RepairSummary;
    await registry(server, 'DELETE', `vendor/plain-gone/manifests/${image.digest}`);
    const ended = await eventually('its end', async () => {
      const found = await repairOf(id);
      return found.finishedAt === null ? null : found;
    });
    // Either it was made of what was there, wholly, or not at all.
    if (ended.state === 'done')
      expect((await registry(server, 'GET', `vendor/plain-gone/manifests/${ended.repaired}`)).status).toBe(200);
    else expect(ended.error).toMatch(/is not in vendor\/plain-gone/);
  });
});

describe('what is built on a repaired image', () => {
  test('is found, and told apart from what stands on the repair already', async () => {
    const base = holed('base');
    await pushImage(server, 'vendor/plain-base', '1', base);
    const { repairedTag, repaired } = await asked({ repository: 'plain-base', reference: '1' });
    const stored = await Promise.all(
      (await manifestOf('vendor/plain-base', repairedTag ?? '')).layers.map(async ({ digest }) => {
        const bytes = Buffer.from(
          await (await registry(server, 'GET', `vendor/plain-base/blobs/${digest}`)).arrayBuffer(),
        );
        return { bytes, mediaType: OCI_LAYER_GZIP, diffId: sha256(gunzipSync(bytes)) };
      }),
    );
    const own = makeImage([{ path: 'app', content: 'mine' }]).blobs[1];
    const layer = {
      bytes: own?.bytes ?? Buffer.alloc(0),
      mediaType: OCI_LAYER_GZIP,
      diffId: sha256(gunzipSync(own?.bytes ?? '')),
    };
    await pushImage(server, 'vendor/plain-on-old', '1', imageOf([...stored.slice(0, -1), layer]));
    await pushImage(server, 'vendor/plain-on-new', '1', imageOf([...stored, layer]));
    await pushImage(server, 'vendor/plain-other', '1', imageOf([layer]));
    const ask = (reference: string) =>
      server.api('GET', `/api/v1/accounts/vendor/image/fleet?repository=plain-base&reference=${reference}`);
    const fleet = must(await ask('1')) as Fleet;
    expect(fleet).toMatchObject({ digest: base.digest, repaired: { digest: repaired, tag: '1-r1' }, more: false });
    expect(fleet.images.map(({ repository, isBehind }) => [repository, isBehind])).toEqual([
      ['plain-on-old', true],
      ['plain-on-new', false],
    ]);
    expect((must(await ask('1-r1')) as Fleet).images.map(({ repository }) => repository)).toEqual(['plain-on-new']);
  });
});

describe('an image or archive that is not in order', () => {
  test('loses no layer by labels that say it is a repair', async () => {
    const plain = makeImage(bookworm([HOLED]), { note: 'forged' });
    const [config] = plain.blobs;
    const parsed = JSON.parse(config?.bytes.toString() ?? '') as {
      config: { Labels: Record<string, string> };
      rootfs: { diff_ids: string[] };
    };
    parsed.config.Labels = {
      'dev.pratique.repaired-from': `sha256:${'1'.repeat(64)}`,
      'dev.pratique.repair.layer': parsed.rootfs.diff_ids.at(-1) ?? '',
    };
    const forged = withConfig(plain, { ...parsed, history: [{ created_by: 'pratique repair' }] });
    await pushImage(server, 'vendor/plain-forged', 'v1', forged);
    const repair = await asked({ repository: 'plain-forged', reference: 'v1' });
    expect(repair).toMatchObject({ original: forged.digest, upgraded: 1 });
    const [was, is] = [
      await manifestOf('vendor/plain-forged', 'v1'),
      await manifestOf('vendor/plain-forged', repair.repairedTag ?? ''),
    ];
    expect(is.layers.slice(0, -1)).toEqual(was.layers);
  });

  test.each([
    ['has no package database', makeImage([{ path: 'app', content: 'x' }]), /package database/],
    ['has a layer that is none', withLayer(gzipSync('x'.repeat(9000)).subarray(0, 20)), /layer/],
  ])('%s: the repair fails at once and says why', async (_, image, reason) => {
    await pushImage(server, 'vendor/plain-odd', 'v1', image);
    const repair = await asked({ repository: 'plain-odd', reference: 'v1' });
    expect(repair.state).toBe('failed');
    expect(repair.error).toMatch(reason);
    expect(await tagsOf('vendor/plain-odd')).toEqual(['v1']);
  });

  test('takes nothing from an archive that somebody else has signed', async () => {
    await pushImage(server, 'vendor/plain-signed', 'v1', holed('signed'));
    await archive.sign({}, 'other', 'bookworm-security');
    const repair = await asked({ repository: 'plain-signed', reference: 'v1' });
    await archive.sign({}, 'own', 'bookworm-security');
    expect([repair.state, repair.repaired]).toEqual(['failed', null]);
    expect(repair.error).toMatch(/bookworm-security.*sign/);
  });

  test('takes nothing from an archive that went back, and goes on when it is up to date again', async () => {
    await pushImage(server, 'vendor/plain-late', 'v1', holed('late'));
    await archive.sign({ Date: 'Wed, 01 Jul 2026 10:00:00 UTC' }, 'own', 'bookworm-security');
    const { id } = must(
      await server.api('POST', '/api/v1/accounts/vendor/repairs', { repository: 'plain-late', reference: 'v1' }),
    ) as RepairSummary;
    const waiting = await eventually('the refusal', async () => {
      const repair = await repairOf(id);
      return repair.error === null ? null : repair;
    });
    await archive.sign({}, 'own', 'bookworm-security');
    expect([waiting.state, waiting.repaired]).toEqual(['running', null]);
    expect(waiting.error).toMatch(/older than the one of/);
    const done = await eventually('the repair', async () => {
      const repair = await repairOf(id);
      return repair.finishedAt === null ? null : repair;
    });
    expect([done.state, done.error, done.repairedTag]).toEqual(['done', null, 'v1-r1']);
  });
});
