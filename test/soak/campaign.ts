/** Kills parts of a working server again and again, and holds what is left against what was promised. */
import { createHash } from 'node:crypto';
import { makeArchive } from '../../packages/compose/src/fixture/signed-archive.ts';
import type { ImageManifest } from '../../packages/oci/src/index.ts';
import { must } from '../support/chain.ts';
import { bookworm, HARMLESS, makeImage, pushImage, registry, type TestImage } from '../support/image.ts';
import type { Part } from '../support/process-tree.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { brokenRules } from './invariants.ts';
import { type Random, seeded } from './random.ts';

export type Target = Part | 'tree';
export const TARGETS = [
  'tree',
  'supervisor',
  'api',
  'worker',
  'signer',
  'admission',
  'postgres',
  'policy-engine',
  'scanner',
  'repairer',
] as const satisfies readonly Target[];

export type Campaign = {
  seed: number;
  /** What to kill next, or null to stop. */
  next: (kill: number, random: Random) => Target | null;
  say: (line: string) => void;
  /** Seconds that the last chains may take to end. */
  patience?: number;
};
export type Report = { kills: number; pushed: number; refused: number; seconds: number; broken: string[] };

type Pushed = { name: string; tag: string; image: TestImage; good: boolean };

/** Parts whose end takes the whole tree along; everything else the supervisor starts again. */
const FATAL: ReadonlySet<Target> = new Set(['tree', 'supervisor', 'postgres']);
const OLD = { name: 'libssl3', version: '3.0.9-1', source: 'openssl' };

/** Runs one campaign on a server of its own. */
export async function runCampaign(campaign: Campaign): Promise<Report> {
  const started = Date.now();
  const random = seeded(campaign.seed);
  const archive = await openArchive();
  const server = await startServer({ env: archive.env });
  try {
    await prepare(server);
    const acknowledged: Pushed[] = [];
    const work = { over: false, refused: 0 };
    const pushing = pushAll(server, work, acknowledged);
    let kills = 0;
    for (let target = campaign.next(0, random); target !== null; target = campaign.next(kills, random)) {
      await sleep(random.between(300, 4000));
      const hit = await strike(server, target);
      kills++;
      const runs = acknowledged.length;
      campaign.say(`kill ${kills}: ${target} (${hit} processes), ${runs} images acknowledged, ${seconds(started)} s`);
      if (FATAL.has(target)) {
        // Whatever outlived its supervisor gets no head start: the new tree must cope with it.
        await server.start();
      }
      await server.ready();
    }
    work.over = true;
    await pushing;
    const broken = [
      ...(await settle(server, campaign.patience ?? 240)),
      ...(await brokenRules(await server.database())),
      ...(await missing(server, acknowledged)),
      ...strays(server),
    ];
    for (const line of broken) campaign.say(line);
    if (broken.length > 0) campaign.say(`the server's last lines:\n${server.log().slice(-8000)}`);
    return { kills, pushed: acknowledged.length, refused: work.refused, seconds: seconds(started), broken };
  } finally {
    await server.stop();
    await archive.close();
  }
}

/** An archive that has what the denied images need. */
async function openArchive(): Promise<{ env: NodeJS.ProcessEnv; close(): Promise<void> }> {
  const archive = await makeArchive([]);
  await archive.publish('bookworm', []);
  await archive.publish('bookworm-updates', []);
  await archive.publish('bookworm-security', [
    { name: OLD.name, version: '3.9.0-1', fields: { Source: OLD.source, Architecture: 'amd64' }, files: [] },
  ]);
  const env = {
    PRATIQUE_DEBIAN_MIRROR: archive.mirror,
    PRATIQUE_DEBIAN_SECURITY_MIRROR: archive.mirror,
    PRATIQUE_DEBIAN_KEYRING: archive.keyring,
  };
  return { env, close: () => archive.close() };
}

/** A contract, and a chain that delivers what it allows. */
async function prepare(server: TestServer): Promise<void> {
  const { id } = must(await server.api('POST', '/api/v1/accounts/vendor/contracts', { to: 'customer' })) as {
    id: string;
  };
  must(await server.api('POST', `/api/v1/accounts/customer/contracts/${id}/acceptance`, { trustVendor: false }));
  const definition = {
    name: 'soak',
    repositories: ['soak/**'],
    steps: [
      { name: 'inventory', kind: 'inventory' },
      { name: 'scan', kind: 'scan', needs: ['inventory'] },
      { name: 'gate', kind: 'gate', needs: ['scan'], on_deny: ['record-denial', 'repair'] },
      { name: 'repair', kind: 'repair' },
      { name: 'record-denial', kind: 'attest', with: { predicates: ['verdict'] } },
      { name: 'sign', kind: 'sign', needs: ['gate'] },
      {
        name: 'attest',
        kind: 'attest',
        needs: ['gate'],
        with: { predicates: ['verdict', 'spdx', 'cyclonedx', 'vulns'] },
      },
      { name: 'deliver', kind: 'deliver', needs: ['sign', 'attest'], with: { to: ['customer/copies/app'] } },
    ],
  };
  must(await server.api('PUT', '/api/v1/accounts/vendor/chains/soak', { definition }));
}

/** Pushes one image after the other, each until the registry has acknowledged it, as a client that tries again does. */
async function pushAll(
  server: TestServer,
  work: { over: boolean; refused: number },
  acknowledged: Pushed[],
): Promise<void> {
  for (let index = 0; !work.over; index++) {
    const good = index % 4 !== 3;
    const image = makeImage(bookworm([HARMLESS, ...(good ? [] : [OLD])]), { note: `soak ${index}` });
    const one = { name: 'vendor/soak/app', tag: `v${index}`, image, good };
    for (let tries = 0; ; tries++) {
      try {
        await pushImage(server, one.name, one.tag, image, server.token());
        acknowledged.push(one);
        break;
      } catch {
        work.refused++;
        await sleep(250);
        if (work.over && tries > 400) return;
      }
    }
    await sleep(1500);
  }
}

/** @returns how many processes were hit */
async function strike(server: TestServer, target: Target): Promise<number> {
  if (target === 'tree') {
    const count = server.processes().length;
    await server.killTree();
    return count;
  }
  // Scanners and repairers live for a second each: wait for one.
  for (let tries = 0; (target === 'scanner' || target === 'repairer') && tries < 400; tries++) {
    if (server.processes().some((one) => one.part === target)) break;
    await sleep(25);
  }
  const hit = await server.kill(target);
  if (FATAL.has(target)) await gone(server);
  return hit;
}

/** Waits until the supervisor itself is gone; its children may still be about. */
async function gone(server: TestServer): Promise<void> {
  for (let tries = 0; server.running() && tries < 1200; tries++) await sleep(50);
}

async function settle(server: TestServer, patience: number): Promise<string[]> {
  const database = await server.database();
  for (const deadline = Date.now() + patience * 1000; Date.now() < deadline; await sleep(500)) {
    const { rows } = await database.query<{ open: number }>(
      `select (select count(*) from run where finished_at is null)::int + (select count(*) from graphile_worker.jobs)::int as open`,
    );
    if (rows[0]?.open === 0) return [];
  }
  return [`chains have not ended ${patience} s after the last kill`];
}

/** What was acknowledged and cannot be read back as it was. */
async function missing(server: TestServer, acknowledged: readonly Pushed[]): Promise<string[]> {
  const lost: string[] = [];
  for (const { name, tag, image, good } of acknowledged) {
    if (!good) lost.push(...(await notRepaired(server, name, tag, image)));
    for (const [where, reference] of good
      ? [[name, tag] as const, ['customer/copies/app', tag] as const]
      : [[name, tag] as const]) {
      const manifest = await registry(server, 'GET', `${where}/manifests/${reference}`);
      if (!Buffer.from(await manifest.arrayBuffer()).equals(image.manifest))
        lost.push(`${where}:${reference} is not what was pushed`);
      for (const blob of image.blobs) {
        const answer = await registry(server, 'GET', `${where}/blobs/${blob.digest}`);
        const bytes = Buffer.from(await answer.arrayBuffer());
        if (`sha256:${createHash('sha256').update(bytes).digest('hex')}` !== blob.digest)
          lost.push(`${where}@${blob.digest} cannot be read back`);
      }
    }
  }
  const { rows } = await (await server.database()).query<{ digest: string; decision: string }>(
    `select v.digest, v.decision from verdict v join account a using (account_id) where a.name = 'vendor'`,
  );
  const decisions = new Map(rows.map((row) => [row.digest, row.decision]));
  for (const { tag, image, good } of acknowledged)
    if (decisions.get(image.digest) !== (good ? 'allow' : 'deny'))
      lost.push(`${tag} was to be ${good ? 'allowed' : 'denied'}, and is ${decisions.get(image.digest)}`);
  return lost;
}

/** What is not as a repair of the image would be: whole under its tag here and where it was delivered to, with the original's layers. */
async function notRepaired(server: TestServer, name: string, tag: string, image: TestImage): Promise<string[]> {
  const lost: string[] = [];
  const before = JSON.parse(image.manifest.toString()) as ImageManifest;
  for (const where of [name, 'customer/copies/app']) {
    const answer = await registry(server, 'GET', `${where}/manifests/${tag}-r1`);
    if (answer.status !== 200) {
      lost.push(`${where}:${tag}-r1 is not there`);
      continue;
    }
    const { config, layers } = (await answer.json()) as ImageManifest;
    if (JSON.stringify(layers.slice(0, -1)) !== JSON.stringify(before.layers))
      lost.push(`${where}:${tag}-r1 has other layers than its original`);
    for (const { digest } of [config, ...layers]) {
      const bytes = Buffer.from(await (await registry(server, 'GET', `${where}/blobs/${digest}`)).arrayBuffer());
      if (`sha256:${createHash('sha256').update(bytes).digest('hex')}` !== digest)
        lost.push(`${where}@${digest} cannot be read back`);
    }
  }
  const second = await registry(server, 'GET', `${name}/manifests/${tag}-r2`);
  if (second.status !== 404) lost.push(`${name}:${tag} was repaired twice`);
  return lost;
}

/** Processes that should not be there: a second one of a role, or one that outlived its tree. */
function strays(server: TestServer): string[] {
  const found = Map.groupBy(server.processes(), (one) => one.part);
  return (['supervisor', 'api', 'worker', 'signer', 'admission'] as const).flatMap((part) => {
    const count = found.get(part)?.length ?? 0;
    return count === 1 ? [] : [`there are ${count} processes of the part ${part}`];
  });
}

const sleep = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds));
const seconds = (since: number) => Math.round((Date.now() - since) / 1000);
