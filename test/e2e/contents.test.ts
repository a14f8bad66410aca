/** Secrets, malware and the baseline from the push to admission; what is secret is nowhere but in the image. */
import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from 'vitest';
import type {
  Exception,
  Explanation,
  HeldMalware,
  HeldSecret,
  HeldSecrets,
  ImageContents,
  ImageScan,
  ImageSecrets,
  ImageStatus,
  NewClusterAnswer,
  Overview,
  SecretHolders,
} from '../../packages/contract/src/index.ts';
import { OCI_CONFIG, OCI_LAYER_GZIP, OCI_MANIFEST } from '../../packages/oci/src/index.ts';
import { type FixtureEntry, sha256, tar } from '../../packages/oci/src/layers/tar-fixture.ts';
import { eicar } from '../../packages/scan/src/malware/samples.fixture.ts';
import { seeded } from '../../packages/scan/src/secrets/random.fixture.ts';
import { createSecretExaminer, examineConfiguration, KINDS } from '../../packages/scan/src/secrets.ts';
import { makeZip } from '../../packages/scan/src/zip/zip.fixture.ts';
import { container, review } from '../support/admission.ts';
import { addPerson, eventually, must, settled, status } from '../support/chain.ts';
import { findLeaks, needleOf } from '../support/find-leaks.ts';
import { type Blob, bookworm, HARMLESS, makeImage, pushImage, type TestImage } from '../support/image.ts';
import { OPERATIONS, requestOf, type Things } from '../support/operations.ts';
import { useServer } from '../support/use-server.ts';

const server = useServer({ env: { PRATIQUE_LOG_LEVEL: 'debug' } });
const account = '/api/v1/accounts/vendor';
const get = async (path: string) => must(await server().api('GET', path));
const about = (repository: string, more = '') => `repository=${repository}&reference=v1${more}`;

/** Other ones in each place, and none that another run has. */
const seed = randomBytes(4).readUInt32LE();
const samplesFor = (place: number) =>
  KINDS.map((kind, n) => ({ id: kind.id, ...kind.sample(seeded((seed + place * 1_000_003 + n * 17) >>> 0)) }));
const asFiles = (below: string, samples: ReturnType<typeof samplesFor>): FixtureEntry[] =>
  samples.map(({ path, text }, n) => ({ path: `${below}/${n}/${path}`, content: text }));

const [inFiles, removed, inTar, inZip, inEnv, inLabels, inHistory] = [1, 2, 3, 4, 5, 6, 7].map(samplesFor) as [
  ReturnType<typeof samplesFor>,
  ReturnType<typeof samplesFor>,
  ReturnType<typeof samplesFor>,
  ReturnType<typeof samplesFor>,
  ReturnType<typeof samplesFor>,
  ReturnType<typeof samplesFor>,
  ReturnType<typeof samplesFor>,
];

/** Those that a configuration in this form is known to hold: the rest is examined by file alone. */
function recognised(samples: ReturnType<typeof samplesFor>, configOf: (text: string) => object) {
  const salt = Buffer.from('the salt of this test');
  const examiner = createSecretExaminer({ salt });
  return samples.filter(({ id, text }) => {
    const line = String(text).trim();
    return (
      !line.includes('\n') && examineConfiguration(examiner, salt, configOf(line)).matches.some((one) => one.id === id)
    );
  });
}
const line = ({ text }: { text: string | Buffer }) => String(text).trim();
const env = recognised(inEnv, (text) => ({ config: { Env: [`V=${text}`] } }));
const labels = recognised(inLabels, (text) => ({ config: { Labels: { l: text } } }));
const history = recognised(inHistory, (text) => ({ history: [{ created_by: `RUN ${text}` }] }));

function imageWith(layers: FixtureEntry[][], config: Record<string, unknown>, steps: string[]): TestImage {
  const plain = layers.map((entries) => tar(...entries));
  const blobs: Blob[] = plain.map((bytes) => {
    const packed = gzipSync(bytes);
    return { digest: sha256(packed), bytes: packed, mediaType: OCI_LAYER_GZIP };
  });
  const body = Buffer.from(
    JSON.stringify({
      created: new Date().toISOString(),
      os: 'linux',
      architecture: 'amd64',
      config: { User: 'nobody', Cmd: ['/bin/app'], ...config },
      rootfs: { type: 'layers', diff_ids: plain.map(sha256) },
      history: steps.map((created_by) => ({ created_by, empty_layer: true })),
    }),
  );
  const own: Blob = { digest: sha256(body), bytes: body, mediaType: OCI_CONFIG };
  const named = ({ digest, bytes, mediaType }: Blob) => ({ mediaType, digest, size: bytes.length });
  const manifest = Buffer.from(
    JSON.stringify({ schemaVersion: 2, mediaType: OCI_MANIFEST, config: named(own), layers: blobs.map(named) }),
  );
  return { digest: sha256(manifest), manifest, mediaType: OCI_MANIFEST, blobs: [own, ...blobs] };
}

const TOKEN = KINDS.find(({ id }) => id === 'github-personal-access-token')?.sample(seeded(seed)).secret ?? '';
const withToken = (path: string) =>
  makeImage([...bookworm([HARMLESS]), { path, content: `token: ${TOKEN}\n` }], { note: path });

async function fetchAll(things: Things): Promise<string> {
  const texts: string[] = [];
  for (const operation of Object.keys(OPERATIONS)) {
    if (!operation.startsWith('GET ') || operation.endsWith('/events/stream')) continue;
    const { method, path } = requestOf(operation, things);
    texts.push((await server().api(method, path)).text);
  }
  return texts.join('\n');
}

async function dumpDatabase(): Promise<string> {
  const database = await server().database();
  const { rows: tables } = await database.query<{ name: string }>(
    `select format('%I.%I', n.nspname, c.relname) as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where c.relkind in ('r', 'p', 'm') and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast')`,
  );
  const texts: string[] = [];
  for (const { name } of tables) {
    const { rows } = await database.query<{ row: string }>(`select row_to_json(t)::text as row from ${name} t`);
    texts.push(...rows.map(({ row }) => row));
  }
  return texts.join('\n');
}

describe('samples of every kind, in files, a layer that is deleted from, archives, variables, labels and steps', () => {
  let scan: ImageScan;
  let denied: ImageStatus;
  const needles = new Set(
    [...inFiles, ...removed, ...inTar, ...inZip, ...env, ...labels, ...history].flatMap(
      ({ secret }) => needleOf(secret) ?? [],
    ),
  );

  beforeAll(async () => {
    const zip = makeZip(inZip.map(({ path, text }, n) => ({ name: `${n}/${path}`, content: text })));
    const image = imageWith(
      [
        [...bookworm([HARMLESS]), ...asFiles('srv/old', removed)],
        [
          { path: 'srv/.wh.old' },
          ...asFiles('srv/new', inFiles),
          { path: 'opt/all.tar.gz', content: gzipSync(tar(...asFiles('in', inTar))) },
          { path: 'opt/all.zip', content: zip },
        ],
      ],
      {
        Env: ['PATH=/usr/bin', ...env.map((sample, n) => `V${n}=${line(sample)}`)],
        Labels: Object.fromEntries(labels.map((sample, n) => [`l${n}`, line(sample)])),
      },
      history.map((sample) => `RUN ${line(sample)}`),
    );
    await pushImage(server(), 'vendor/leaky', 'v1', image);
    denied = await settled(server(), 'vendor', 'leaky', 'v1');
    scan = (await get(`${account}/image/scan?${about('leaky')}`)) as ImageScan;
  });

  test('are found, each place told apart', () => {
    const found = new Set(
      scan.secrets?.flatMap(({ id, places }) =>
        places.map(({ where, path, state }) => `${id} ${where} ${state} ${path}`),
      ),
    );
    const has = (id: string, what: string) => [...found].some((one) => one.startsWith(`${id} ${what}`));
    const missed = (samples: readonly { id: string }[], what: string) =>
      samples.filter(({ id }) => !has(id, what)).map(({ id }) => id);
    expect(KINDS.length).toBeGreaterThan(150);
    // Kinds that go by the place of a file in the system are not found below another folder.
    expect(missed(inFiles, 'file reachable srv/new/').length).toBeLessThan(20);
    expect(missed(removed, 'file removed-later srv/old/').length).toBeLessThan(20);
    expect(missed(inTar, 'file reachable opt/all.tar.gz').length).toBeLessThan(20);
    expect(missed(inZip, 'file reachable opt/all.zip').length).toBeLessThan(20);
    expect(env.length + labels.length + history.length).toBeGreaterThan(300);
    expect(missed(env, 'environment reachable').length).toBeLessThan(20);
    expect(missed(labels, 'label reachable').length).toBeLessThan(20);
    expect(missed(history, 'history reachable').length).toBeLessThan(20);
  });

  test('deny the image, in sentences that show nothing of them', async () => {
    const reasons = denied.verdict?.reasons ?? [];
    expect(denied.verdict?.decision).toBe('deny');
    const of = (constraint: string) => reasons.filter((reason) => reason.constraint === constraint);
    expect(of('secrets').every((reason) => reason.action === 'deny')).toBe(true);
    expect(of('secrets').length).toBeGreaterThan(100);
    expect(of('secrets-removed-later').every((reason) => reason.action === 'warn')).toBe(true);
    expect(of('secrets-removed-later').length).toBeGreaterThan(20);
    const told = (await get(`${account}/image/explanation?${about('leaky')}`)) as Explanation;
    expect(told.next.join('\n')).toMatch(
      /Revoke the .* where it was issued[\s\S]*exception request vendor --secret [0-9a-f]{64}/,
    );
  });

  test('are in no answer of the API, nowhere in the database, and in no line of the log', async () => {
    expect(needles.size).toBeGreaterThan(1500);
    const fingerprint = scan.secrets?.[0]?.fingerprint ?? '';
    const things: Things = {
      ...{
        account: 'vendor',
        person: 'admin',
        robot: 'x',
        chain: 'default',
        exception: 'x',
        contract: 'x',
        delivery: 'x',
      },
      ...{ cluster: 'default', webhook: 'x', repository: 'leaky', reference: 'v1', fingerprint },
      run: denied.chain.run?.id ?? '',
      repair: 'x',
      step: 'gate',
    };
    const answers = await fetchAll(things);
    expect(answers).toContain(fingerprint);
    let pages = '';
    for (const list of ['image/secrets', 'image/malware', 'image/checks', 'image/unexamined', 'secrets'])
      for (let after = '', n = 0; n < 100; n++) {
        const search = list === 'secrets' ? '' : about('leaky');
        const page = await server().api('GET', `${account}/${list}?${search}&limit=200${after}`);
        pages += page.text;
        const { next } = page.json as { next: string | null };
        if (next === null) break;
        after = `&after=${next}`;
      }
    expect(findLeaks(answers + pages, needles)).toEqual([]);
    const stored = await dumpDatabase();
    expect(stored).toContain(fingerprint);
    expect(findLeaks(stored, needles)).toEqual([]);
    expect(findLeaks(server().log(), needles)).toEqual([]);
    // The measure itself: what is there is found.
    const [one = ''] = needles;
    expect(findLeaks(`${stored}${one}`, needles)).toEqual([one]);
    expect(findLeaks(`${stored}${Buffer.from(one).toString('hex')}`, needles)).toEqual([one]);
  });

  test('are told in numbers and in pages', async () => {
    const contents = (await get(`${account}/image/contents?${about('leaky')}`)) as ImageContents;
    expect(contents).toMatchObject({ failure: null, current: true });
    expect(contents.counts?.secrets).toBe(scan.secrets?.length);
    expect(contents.counts?.passedChecks).toBe(contents.passed.length);
    const seen: string[] = [];
    for (let after = ''; ; ) {
      const page = (await get(`${account}/image/secrets?${about('leaky', `&limit=200${after}`)}`)) as ImageSecrets;
      seen.push(...page.secrets.map((one) => one.fingerprint));
      if (page.next === null) break;
      after = `&after=${page.next}`;
    }
    expect(seen).toEqual(scan.secrets?.map((one) => one.fingerprint));
    const { contents: counted } = (await get(`${account}/overview`)) as Overview;
    expect(counted).toMatchObject({ withReachableSecrets: expect.any(Number), notExamined: 0 });
    expect(counted?.withSecrets).toBeGreaterThan(0);
  });
});

describe('malware', () => {
  let infected: TestImage;
  let clean: TestImage;
  let cluster: NewClusterAnswer;

  beforeAll(async () => {
    infected = makeImage([...bookworm([HARMLESS]), { path: 'srv/in.gz', content: gzipSync(eicar()) }], {
      note: 'infected',
    });
    clean = makeImage(bookworm([HARMLESS]), { note: 'clean' });
    await pushImage(server(), 'customer/infected', 'v1', infected);
    await pushImage(server(), 'customer/clean', 'v1', clean);
    cluster = must(
      await server().api('POST', '/api/v1/accounts/customer/clusters', { name: 'harbour' }),
    ) as NewClusterAnswer;
  });

  test('is denied at the gate and refused by admission, and what is clean is not', async () => {
    const denied = await settled(server(), 'customer', 'infected', 'v1');
    const allowed = await settled(server(), 'customer', 'clean', 'v1');
    expect(denied.verdict?.reasons.find((reason) => reason.constraint === 'malware')).toMatchObject({
      action: 'deny',
      message: expect.stringMatching(/^Malware is in the image: .*test-file.* in srv\/in\.gz!/),
    });
    expect(allowed.verdict?.decision).toBe('allow');
    const trusted = Buffer.from(cluster.caBundle, 'base64').toString();
    const ask = (repository: string, { digest }: TestImage) =>
      review(
        cluster.validateUrl,
        {
          kind: { group: '', version: 'v1', kind: 'Pod' },
          object: {
            apiVersion: 'v1',
            kind: 'Pod',
            metadata: { name: 'web' },
            spec: { containers: [container(`${server().host}/customer/${repository}@${digest}`)] },
          },
        },
        trusted,
      );
    const admitted = await eventually('admission of the clean image', async () => {
      const reply = await ask('clean', clean);
      return reply.allowed ? reply : null;
    });
    expect(admitted.allowed).toBe(true);
    const refused = await ask('infected', infected);
    expect(refused.allowed).toBe(false);
    expect(refused.message).toMatch(/Malware is in the image/);
    const { malware } = (await get('/api/v1/accounts/customer/malware')) as HeldMalware;
    expect(malware).toMatchObject([
      { repository: 'infected', tags: ['v1'], decision: 'deny', match: { family: 'test-file' } },
    ]);
    const other = (await get('/api/v1/accounts/vendor/malware')) as HeldMalware;
    expect(other.malware).toEqual([]);
  });
});

describe('an exception for a secret', () => {
  beforeAll(async () => {
    await addPerson(server(), 'olga', { vendor: 'developer' });
    await addPerson(server(), 'mia', { vendor: 'maintainer' });
  });
  const olga = { user: 'olga', password: 'olga-of-the-harbour' };
  const mia = { user: 'mia', password: 'mia-of-the-harbour' };
  const decided = (repository: string, decision: string) =>
    eventually(
      `${repository}: ${decision}`,
      async () => {
        const found = await status(server(), 'vendor', repository, 'v1').catch(() => null);
        return found?.verdict?.decision === decision && found.chain.state !== 'running' ? found : null;
      },
      90,
    );

  test('holds for that secret in all its images, until it ends', async () => {
    await pushImage(server(), 'vendor/one', 'v1', withToken('srv/one.env'));
    await pushImage(server(), 'vendor/two', 'v1', withToken('opt/two.env'));
    const [one, two] = [await settled(server(), 'vendor', 'one', 'v1'), await settled(server(), 'vendor', 'two', 'v1')];
    const reasonOf = (image: ImageStatus) => image.verdict?.reasons.find((reason) => reason.constraint === 'secrets');
    const fingerprint = String(reasonOf(one)?.details['fingerprint']);
    expect(reasonOf(two)?.details['fingerprint']).toBe(fingerprint);

    const held = (await get(`${account}/secrets/${fingerprint}`)) as HeldSecret;
    expect(held).toMatchObject({
      kind: 'github-personal-access-token',
      state: 'reachable',
      images: 2,
      repositories: 2,
    });
    const { images } = (await get(`${account}/secrets/${fingerprint}/images`)) as SecretHolders;
    expect(images.map((image) => `${image.repository} ${image.places[0]?.path}`)).toEqual([
      'one srv/one.env',
      'two opt/two.env',
    ]);
    const all = (await get(`${account}/secrets?kind=github-personal-access-token&limit=200`)) as HeldSecrets;
    expect(all.secrets.map((secret) => secret.fingerprint)).toContain(fingerprint);
    expect((await server().api('GET', `/api/v1/accounts/customer/secrets/${fingerprint}`)).status).toBe(404);

    const asked = must(
      await server().api(
        'POST',
        `${account}/exceptions`,
        { kind: 'secret', selector: { fingerprint }, reason: 'a key of the test system, it opens nothing' },
        olga,
      ),
    ) as Exception;
    must(await server().api('POST', `${account}/exceptions/${asked.name}/approval`, undefined, mia));
    await decided('one', 'allow');
    await decided('two', 'allow');
    const { secrets } = (await get(`${account}/image/secrets?${about('one')}`)) as ImageSecrets;
    expect(secrets).toMatchObject([{ fingerprint, exception: asked.name }]);
    const database = await server().database();
    await database.query('update exception set expires_at = now() where name = $1', [asked.name]);
    await decided('one', 'deny');
    await decided('two', 'deny');
  });
});

describe('the worker', () => {
  test('killed between examination and store, does it again; with other rules than before, it looks into all images again', async () => {
    const database = await server().database();
    const known = await status(server(), 'vendor', 'one', 'v1');
    const client = await database.connect();
    const killed = withToken('srv/killed.env');
    try {
      await client.query('begin');
      await client.query('lock table content_examination in exclusive mode');
      await pushImage(server(), 'vendor/killed', 'v1', killed);
      await eventually('an examination that is to be stored', async () => {
        const { rows } = await database.query(
          `select 1 from pg_locks where relation = 'content_examination'::regclass and not granted`,
        );
        return rows[0];
      });
      // Another image as an earlier version left it, whose rules did not know this kind of secret.
      const earlier: [string, unknown[]][] = [
        [`update setting set value = '"earlier"' where key = 'contents.revision'`, []],
        [`update setting set value = value || '{"revision": "earlier"}' where key = 'contents.sweep'`, []],
        [
          `delete from image_secret where examination_id in (select examination_id from content_examination where manifest_digest = $1)`,
          [known.digest],
        ],
        [`update content_examination set revision = 'earlier', facts = 'earlier', secret_count = 0`, []],
        [
          `update verdict set decision = 'allow', reasons = '[]', renew_at = now() + interval '9 days' where digest = $1`,
          [known.digest],
        ],
      ];
      expect(await server().kill('worker')).toBe(1);
      for (const [statement, values] of earlier) await client.query(statement, values);
      await client.query('commit');
    } finally {
      client.release();
    }
    const after = await settled(server(), 'vendor', 'killed', 'v1');
    expect(after.verdict?.reasons.map((reason) => reason.constraint)).toContain('secrets');
    const { rows } = await database.query<{ newest: boolean; secrets: number }>(
      'select newest, secret_count as secrets from content_examination where manifest_digest = $1',
      [killed.digest],
    );
    expect(rows).toEqual([{ newest: true, secrets: 1 }]);
    await eventually('the other image denied again', async () => {
      const found = await status(server(), 'vendor', 'one', 'v1').catch(() => null);
      return found?.verdict?.decision === 'deny' ? found : null;
    });
    await eventually('all images looked into again', async () => {
      const left = await database.query<{ left: number }>(
        `select count(*)::int as left from content_examination where newest and revision = 'earlier'`,
      );
      return left.rows[0]?.left === 0 ? true : null;
    });
  });
});
