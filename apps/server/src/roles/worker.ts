/** The worker process: the jobs of chains and deliveries, with scanner children and a policy engine of its own. */
import { constants, setPriority } from 'node:os';
import { join } from 'node:path';
import { readPresets, spawnEngine } from '@pratique/policy';
import { CATALOGER_REVISION, MATCHER_REVISION } from '@pratique/scan';
import { sql } from 'kysely';
import { ensureAccountDefaults } from '../auth/account-defaults.ts';
import { proveSameStore } from '../blobs/prove-same-store.ts';
import { openBlobStore } from '../blobs/store.ts';
import { advanceRun } from '../chain/advance.ts';
import { expireApproval } from '../chain/expire-approval.ts';
import { runStep, type StepKinds } from '../chain/run-step.ts';
import { startRunOnTag } from '../chain/start-run.ts';
import { approvalStep } from '../chain/steps/approval.ts';
import { attestStep } from '../chain/steps/attest.ts';
import { deliverStep } from '../chain/steps/deliver.ts';
import { gateStep } from '../chain/steps/gate.ts';
import { inventoryStep } from '../chain/steps/inventory.ts';
import { repairStep } from '../chain/steps/repair.ts';
import { scanStep } from '../chain/steps/scan.ts';
import { signStep } from '../chain/steps/sign.ts';
import { readFingerprintKey } from '../contents/fingerprint-key.ts';
import { contentRules } from '../contents/rules.ts';
import { publishContentRevision, scheduleSweep } from '../contents/sweep.ts';
import { asSystem, type Db } from '../db/connect.ts';
import { runDelivery } from '../deliver/carry-out.ts';
import { startExaminations } from '../foreign/start-examinations.ts';
import { layerMemories } from '../inventory/layer-memories.ts';
import { createScanner, limitScanners } from '../inventory/scanner.ts';
import { scheduleHousekeeping } from '../jobs/housekeeping.ts';
import { processName } from '../jobs/leases.ts';
import { scheduleReconciliation } from '../jobs/reconcile.ts';
import { enqueue, runQueue, type Tasks } from '../jobs/run-queue.ts';
import { createOutboundGuard } from '../outbound/check-target.ts';
import { markAccount } from '../renewal/mark-due.ts';
import { ChangedPackages, markPackages } from '../renewal/mark-packages.ts';
import { rematch } from '../renewal/rematch.ts';
import { scheduleRenewals } from '../renewal/schedule.ts';
import { clearWork, createRepairer } from '../repair/repairer.ts';
import { runRepair } from '../repair/run-repair.ts';
import { openAdvisories } from '../scan/advisories.ts';
import { DEFAULT_FEEDS, updateFeeds } from '../scan/feeds.ts';
import { publishAdvisories } from '../scan/publish-advisories.ts';
import { connectSigner } from '../signer/client.ts';
import { watchEngine } from '../supervisor/engine-part.ts';
import type { RoleContext } from '../supervisor/report.ts';
import { refreshStatements, withdrawAndDeny } from '../trust/renew.ts';
import { AttachedVex } from '../vex/attached-vex.ts';
import { examineAttestations, reexamineAttestations } from '../vex/examine-attestations.ts';
import { ChangedHoles, markHoles } from '../vex/mark-images.ts';
import { scheduleWebhooks } from '../webhooks/schedule.ts';
import { ROOT, type RoleDeps, requirePolicyEngine, signerSecret } from './open.ts';

export async function runWorker(deps: RoleDeps, context: RoleContext): Promise<void> {
  const { config, db, pool, log } = deps;
  // Scans and renewals take what is left: whoever pushes, pulls or admits waits for an answer. Children inherit it.
  setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
  await proveSameStore(db, config.blobsDir);
  const store = await openBlobStore(config.blobsDir);
  const signer = connectSigner(config.runDir, signerSecret());
  const parts: Record<string, unknown> = {};
  const report = (changed: Record<string, unknown>) => context.parts(Object.assign(parts, changed));
  const engine = spawnEngine({
    binary: requirePolicyEngine(config),
    onEvent: watchEngine(log, (policyEngine) => report({ policyEngine })),
  });
  const advisories = await openAdvisories(join(config.dataDir, 'advisories'), log, (snapshot) =>
    publishRevisions(db, snapshot),
  );
  const presets = await readPresets(join(ROOT, 'policies'));
  await asSystem(db, (tx) => ensureAccountDefaults(tx, presets));
  const scan = limitScanners(createScanner(ROOT, [store.root], config.scan), config.scan.parallel, (scanners) =>
    report({ scanners }),
  );
  const reading = {
    db,
    store,
    scan,
    memory: layerMemories(join(config.dataDir, 'layers'), config.scan.layerCacheMb),
    contents: contentRules(await readFingerprintKey(db, signer)),
  };
  await publishContentRevision(db, reading.contents.revision);
  const workDir = join(config.dataDir, 'repairs');
  await clearWork(workDir);
  const repairs = {
    db,
    store,
    archives: config.repair.archives,
    publicUrl: config.publicUrl,
    repair: createRepairer(ROOT, [store.root], {
      ...config.repair,
      cacheDir: join(config.cacheDir, 'archive'),
      workDir,
    }),
  };
  const delivery = { db, store, onTagged: startRunOnTag };
  const trust = { db, store, signer };
  const vex = new Map();
  const statements = { ...trust, publicUrl: config.publicUrl, vex };
  const judging = {
    db,
    store,
    engine,
    bundles: new Map(),
    vex,
    publicUrl: config.publicUrl,
    validDays: config.verdictDays,
    now: () => new Date(),
  };
  const kinds: StepKinds = {
    inventory: inventoryStep(reading),
    scan: scanStep({ db, advisories: advisories.open }),
    gate: gateStep(judging),
    sign: signStep(trust),
    attest: attestStep(statements),
    deliver: deliverStep(delivery),
    approval: approvalStep(config.publicUrl),
    repair: repairStep(repairs),
  };
  const tasks: Tasks = {
    'chain.advance': ({ payload }) => asSystem(db, (tx) => advanceRun(tx, String(payload['runId']))),
    'chain.step': ({ payload, lastAttempt }) => runStep(db, kinds, String(payload['stepRunId']), lastAttempt, log),
    'delivery.carry-out': ({ payload, lastAttempt }) =>
      runDelivery(delivery, String(payload['deliveryId']), lastAttempt, log),
    'approval.expire': ({ payload }) => asSystem(db, (tx) => expireApproval(tx, String(payload['stepRunId']))),
    'repair.run': ({ payload, lastAttempt }) => runRepair(repairs, String(payload['repairId']), lastAttempt, log),
    'renewal.mark': async ({ payload }) => {
      const accountId = String(payload['accountId']);
      await reexamineAttestations(db, accountId);
      await markAccount(db, accountId);
    },
    'renewal.packages': async ({ payload }) =>
      markPackages(db, await advisories.open(), ChangedPackages.parse(payload)),
    'renewal.rematch': async () => {
      const seen = await rematch(db, await advisories.open(), advisories.history);
      log.info({ seen }, 'stored packages matched with the newest advisories');
    },
    'advisories.publish': async () => {
      const { serial, manifest } = await publishAdvisories({
        ...trust,
        dir: join(config.dataDir, 'advisories'),
        now: () => new Date(),
      });
      log.info({ serial, manifest }, 'advisories published');
    },
    'vex.examine': ({ payload }) =>
      examineAttestations({ db, store, publicUrl: config.publicUrl }, AttachedVex.parse(payload)),
    'vex.mark': async ({ payload }) => void (await markHoles(db, ChangedHoles.parse(payload))),
    'trust.refresh': ({ payload }) => refreshStatements(statements, aboutImage(payload)),
    'trust.withdraw': ({ payload }) => withdrawAndDeny(statements, aboutImage(payload)),
  };
  const queue = await runQueue({ db, pool, log }, tasks, {
    concurrency: config.scan.parallel + 2,
    processName: processName(config.dataDir),
  });
  const guard = createOutboundGuard(config);
  const examinations = await startExaminations({ db, pool, guard, signer, log }, processName(config.dataDir));
  const refresh = scheduleFeeds(config.feedsHours, async () => {
    await updateFeeds({ db, dir: join(config.dataDir, 'advisories'), root: ROOT, log, fetch: globalThis.fetch }, [
      ...DEFAULT_FEEDS,
      ...config.candidates,
    ]);
    await advisories.open();
  });
  const renewals = scheduleRenewals(judging, log);
  const sweep = scheduleSweep(reading, log);
  const webhooks = scheduleWebhooks({
    db,
    signer,
    guard,
    log,
    publicUrl: config.publicUrl,
  });
  const housekeeping = scheduleHousekeeping(db, store, log);
  const stranded = scheduleReconciliation(db, log);
  // Advisories also come by `pratique advisories import`, in a process of its own.
  const looking = setInterval(
    () => advisories.open().catch((error: unknown) => log.warn({ err: error }, 'advisories could not be opened')),
    LOOK_FOR_ADVISORIES_MS,
  );
  looking.unref();
  context.onStop(async () => {
    refresh.stop();
    housekeeping.stop();
    stranded.stop();
    clearInterval(looking);
    await Promise.all([renewals.stop(), webhooks.stop(), sweep.stop()]);
    await examinations.stop();
    await queue.stop();
    await engine.close();
    await db.destroy();
  });
  context.ready();
}

const LOOK_FOR_ADVISORIES_MS = 5000;

const aboutImage = (payload: Record<string, unknown>) => ({
  repositoryId: String(payload['repositoryId']),
  digest: String(payload['digest']),
});

const FIRST_REFRESH_MS = 5 * 60_000;

/** Some minutes after the start, then every few hours; never two at a time. */
function scheduleFeeds(hours: number | null, refresh: () => Promise<void>): { stop(): void } {
  let timer: NodeJS.Timeout | undefined;
  const later = (ms: number) => {
    timer = setTimeout(
      () =>
        void refresh()
          .catch(() => {})
          .finally(() => later((hours ?? 0) * 3_600_000)),
      ms,
    );
    timer.unref();
  };
  if (hours !== null) later(FIRST_REFRESH_MS);
  return { stop: () => clearTimeout(timer) };
}

/**
 * Other processes compare verdicts with these without opening the store themselves. A snapshot that is new sets off the
 * matching of all stored packages.
 */
async function publishRevisions(db: Db, snapshot: string): Promise<void> {
  await asSystem(db, async (tx) => {
    const { rows } = await sql`
      insert into setting (key, value) values ('advisories.snapshot', to_jsonb(${snapshot}::text))
      on conflict (key) do update set value = excluded.value, updated_at = now() where setting.value <> excluded.value returning 1`.execute(
      tx,
    );
    await sql`
      insert into setting (key, value) values ('cataloger.revision', to_jsonb(${CATALOGER_REVISION}::int))
      on conflict (key) do update set value = excluded.value, updated_at = now()`.execute(tx);
    const { rows: unswept } = await sql`
      select 1 from advisory_sweep where snapshot is distinct from ${snapshot} or target is not null or matcher <> ${MATCHER_REVISION}`.execute(
      tx,
    );
    const { rows: published } = await sql`select 1 from setting where key = 'advisories.published'`.execute(tx);
    if (rows.length > 0 || published.length === 0) await enqueue(tx, 'advisories.publish', { snapshot });
    if (rows.length + unswept.length > 0) await enqueue(tx, 'renewal.rematch', { snapshot });
  });
}
