/** A hole becomes known: who holds the package loses the verdict, is told once, and runs no further pod; nobody else notices. */
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, type TestContext, test } from 'vitest';
import { walkConsole } from '../../apps/console/e2e/walk.ts';
import type {
  AdvisoryChangeRows,
  AdvisoryPage,
  FeedItem,
  HoldingImages,
  NewClusterAnswer,
} from '../../packages/contract/src/index.ts';
import { importAdvisories } from '../../packages/scan/src/index.ts';
import { container, review } from '../support/admission.ts';
import { eventually, must, settled, status } from '../support/chain.ts';
import { freePort } from '../support/free-port.ts';
import { bookworm, HARMLESS, makeImage, pushImage, type TestImage } from '../support/image.ts';
import { ADMIN_PASSWORD } from '../support/server.ts';
import { needTool } from '../support/tools.ts';
import { useServer } from '../support/use-server.ts';

const port = await freePort();
const server = useServer({ env: { PRATIQUE_ALLOW_INTERNAL_TARGETS: `127.0.0.1:${port}` } });
const heard: { path: string; event: FeedItem }[] = [];
const receiver = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    heard.push({ path: request.url ?? '', event: JSON.parse(Buffer.concat(chunks).toString()) as FeedItem });
    response.writeHead(204).end();
  });
});

const DIST = join(import.meta.dirname, '..', '..', 'apps', 'console', 'dist');
const ADVISORY = 'CVE-2026-41414';
const FEED = {
  netbase: {
    [ADVISORY]: {
      description: 'a hole in the names of ports',
      releases: { bookworm: { status: 'resolved', fixed_version: '6.5', urgency: 'high', repositories: {} } },
    },
  },
};
/** Constraint of the presets with its time of grace at an end. */
const NO_GRACE = `apiVersion: constraints.gatekeeper.sh/v1beta1
kind: FixableFindings
metadata: { name: fixable-findings }
spec:
  enforcementAction: deny
  parameters: { graceDays: 0 }
`;
const HOLDERS = ['web/shop', 'web/till', 'batch'] as const;
const OTHERS = ['clean', 'newer'] as const;
const NEWER = { name: 'netbase', version: '6.5' };
const OTHER = { name: 'adduser', version: '3.134' };
const images: Record<string, TestImage> = {
  'web/shop': makeImage(bookworm([HARMLESS, OTHER]), { note: 'shop' }),
  'web/till': makeImage(bookworm([HARMLESS]), { note: 'till' }),
  batch: makeImage(bookworm([OTHER, HARMLESS]), { note: 'batch' }),
  clean: makeImage(bookworm([OTHER]), { note: 'clean' }),
  newer: makeImage(bookworm([NEWER]), { note: 'newer' }),
};
const imageOf = (name: string): TestImage => {
  const image = images[name];
  if (!image) throw new Error(`there is no image ${name}`);
  return image;
};
let folder = '';
let cluster: NewClusterAnswer;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pratique-arrival-'));
  await new Promise<void>((done) => {
    receiver.listen(port, '127.0.0.1', done);
  });
  for (const account of ['vendor', 'customer']) {
    must(await server().api('PUT', `/api/v1/accounts/${account}/policy`, { yaml: NO_GRACE }));
    must(
      await server().api('POST', `/api/v1/accounts/${account}/webhooks`, {
        name: 'pager',
        url: `http://127.0.0.1:${port}/${account}`,
        types: ['verdict.withdrawn'],
      }),
    );
  }
  for (const name of [...HOLDERS, ...OTHERS]) await pushImage(server(), `vendor/${name}`, 'v1', imageOf(name));
  // The same bytes belong to a second owner, who is told on their own.
  await pushImage(server(), 'customer/shop', 'v1', imageOf('web/shop'));
  for (const name of [...HOLDERS, ...OTHERS]) await settled(server(), 'vendor', name, 'v1');
  await settled(server(), 'customer', 'shop', 'v1');
  cluster = must(await server().api('POST', '/api/v1/accounts/vendor/clusters', { name: 'shop' })) as NewClusterAnswer;
  await eventually('the cluster', async () => ((await ask('web/shop')).allowed === true ? true : null));
});
afterAll(async () => {
  receiver.closeAllConnections();
  receiver.close();
  await rm(folder, { recursive: true, force: true });
});

const ask = (name: string) =>
  review(
    cluster.validateUrl,
    {
      kind: { group: '', version: 'v1', kind: 'Pod' },
      object: {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'app' },
        spec: { containers: [container(`${server().host}/vendor/${name}@${imageOf(name).digest}`)] },
      },
    },
    Buffer.from(cluster.caBundle, 'base64').toString(),
  );

const page = async (account: string): Promise<AdvisoryPage> =>
  must(await server().api('GET', `/api/v1/accounts/${account}/advisories/${ADVISORY}`)) as AdvisoryPage;
/** `repository:tag@digest` of every image that the advisory's page lists. */
const listed = async (account: string, time: 'now' | 'before'): Promise<string[]> => {
  const path = `/api/v1/accounts/${account}/advisories/${ADVISORY}/images?time=${time}`;
  const { images: found, next } = must(await server().api('GET', path)) as HoldingImages;
  expect(next).toBeNull();
  return found.map(({ repository, digest, tags }) => `${repository}:${tags.join()}@${digest}`).sort();
};
const held = (...names: string[]): string[] => names.map((name) => `${name}:v1@${imageOf(name).digest}`).sort();
const ofCustomer = [`shop:v1@${imageOf('web/shop').digest}`];

test('takes the verdict of exactly the images that hold the package, tells each owner once, and stops the next pod', async () => {
  const decidedBefore = new Map<string, string | undefined>();
  for (const name of OTHERS) decidedBefore.set(name, (await status(server(), 'vendor', name, 'v1')).verdict?.decidedAt);
  for (const name of [...HOLDERS, ...OTHERS]) expect((await ask(name)).allowed, name).toBe(true);

  await writeFile(join(folder, 'debian.json'), JSON.stringify(FEED));
  await importAdvisories(join(server().dataDir, 'advisories'), 'debian', join(folder, 'debian.json'));

  await eventually('the denials', async () => {
    const now = await Promise.all(HOLDERS.map((name) => status(server(), 'vendor', name, 'v1')));
    const theirs = await status(server(), 'customer', 'shop', 'v1');
    return [...now, theirs].every(({ verdict, chain }) => verdict?.decision === 'deny' && chain.state === 'denied')
      ? true
      : null;
  });
  for (const name of HOLDERS) {
    // A decision of the background reaches admission through the feed, moments after the row.
    const answer = await eventually(`the refusal of ${name}`, async () => {
      const reply = await ask(name);
      return reply.allowed === false ? reply : null;
    });
    expect(answer.message).toContain(ADVISORY);
  }
  for (const name of OTHERS) {
    const now = await status(server(), 'vendor', name, 'v1');
    expect(now.verdict).toMatchObject({ decision: 'allow', state: 'valid', decidedAt: decidedBefore.get(name) });
    expect((await ask(name)).allowed, name).toBe(true);
  }

  await eventually('four events', async () => (heard.length >= 4 ? true : null));
  // Whatever was still to come would have come before this one, which is written after all of them.
  must(await server().api('POST', '/api/v1/accounts/vendor/webhooks/pager/test', {}));
  await eventually('the test of the webhook', async () =>
    heard.some(({ event }) => event.type !== 'dev.pratique.verdict.withdrawn') ? true : null,
  );
  const told = heard.filter(({ event }) => event.type === 'dev.pratique.verdict.withdrawn');
  expect(told.map(({ path, event }) => `${path} ${String(event.data['repository'])}`).sort()).toEqual([
    '/customer shop',
    '/vendor batch',
    '/vendor web/shop',
    '/vendor web/till',
  ]);
  for (const { event } of told)
    expect(event.data).toMatchObject({ decision: 'deny', trigger: 'renewal', advisories: [ADVISORY] });
});

test('its page shows exactly the images that hold the package, to each account its own', async () => {
  const touched = await eventually('the account of the update', async () => {
    const now = await page('vendor');
    return now.touches === 'touched' ? now : null;
  });
  expect(touched).toMatchObject({
    id: ADVISORY,
    packages: 1,
    formerly: 0,
    holders: { images: HOLDERS.length, repositories: HOLDERS.length },
    records: [{ package: 'netbase', fixedVersions: ['6.5'] }],
  });
  expect(await listed('vendor', 'now')).toEqual(held(...HOLDERS));
  expect(await listed('vendor', 'before')).toEqual([]);
  expect(await page('customer')).toMatchObject({ touches: 'touched', holders: { images: 1 } });
  expect(await listed('customer', 'now')).toEqual(ofCustomer);
});

/** Pages of the console that depend on what the advisories say, in both themes and languages. */
async function look(context: TestContext, only: readonly string[]): Promise<void> {
  const executablePath = await needTool(context, 'chromium');
  if (!existsSync(join(process.env['PRATIQUE_CONSOLE'] ?? DIST, 'index.html')))
    return context.skip('the console is not built; npm test builds it');
  const seen = await walkConsole({
    url: server().url,
    user: 'admin',
    password: ADMIN_PASSWORD,
    screenshotsDir: process.env['PRATIQUE_SCREENSHOTS'] || join(folder, 'screenshots'),
    executablePath,
    account: 'vendor',
    only,
  });
  expect(seen.pages).toBe(2 * only.length);
}
const PAGES = ['advisory', 'advisory-sources', 'advisory-history', 'updates', 'update', 'update-images'];

test('shows it in a browser, with what the update changed', { timeout: 300_000 }, async (context) => {
  await look(context, [...PAGES, 'advisory-packages']);
});

test('once the feed is without it, the same images are those that had it, and none has it', async () => {
  await writeFile(join(folder, 'debian.json'), JSON.stringify({ zlib: FEED.netbase }));
  await importAdvisories(join(server().dataDir, 'advisories'), 'debian', join(folder, 'debian.json'));
  const cleared = await eventually('the page to be cleared', async () => {
    const now = await page('vendor');
    return now.touches === 'cleared' ? now : null;
  });
  expect(cleared).toMatchObject({ packages: 0, formerly: HOLDERS.length, holders: { images: 0 } });
  expect(await listed('vendor', 'now')).toEqual([]);
  expect(await listed('vendor', 'before')).toEqual(held(...HOLDERS));
  expect(await listed('customer', 'before')).toEqual(ofCustomer);
  // Whoever comes after that never had it.
  await pushImage(server(), 'vendor/late', 'v1', makeImage(bookworm([HARMLESS]), { note: 'late' }));
  await settled(server(), 'vendor', 'late', 'v1');
  expect(await listed('vendor', 'before')).toEqual(held(...HOLDERS));
  const history = must(
    await server().api('GET', `/api/v1/accounts/vendor/advisories/${ADVISORY}/changes`),
  ) as AdvisoryChangeRows;
  expect(history.rows.map(({ kind, package: { name } }) => `${kind} ${name}`)).toEqual([
    'cleared netbase',
    'affected netbase',
  ]);
});
