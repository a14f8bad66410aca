/** The account's trust policy, and what is known of images of other registries. */
import {
  ForeignImage,
  TrustPolicyChange,
  TrustPolicyInfo,
  TrustPolicyVersion,
  TrustTest,
  TrustTestResult,
} from '@pratique/contract';
import { OciError } from '@pratique/oci';
import { PolicyError, readYaml } from '@pratique/policy';
import {
  type CanonicalImage,
  type CompiledTrustPolicy,
  canonicalImage,
  compileTrustPolicy,
  namedAccounts,
  parseTrustPolicy,
  SignError,
} from '@pratique/sign';
import { z } from 'zod';
import { recordAudit } from '../auth/audit.ts';
import type { Config } from '../config.ts';
import { asSystem, asTenant, type Db } from '../db/connect.ts';
import { ServerError } from '../error.ts';
import { appendEvent } from '../feed/append-event.ts';
import { readAccountKeys, readKeylessAccounts, readKeysForJudging } from '../foreign/account-keys.ts';
import { type Examination, examine } from '../foreign/examine.ts';
import { examineAnew } from '../foreign/examine-anew.ts';
import { listForeignImages } from '../foreign/list-foreign-images.ts';
import { createFindCredentials } from '../foreign/registry-credentials.ts';
import {
  insertTrustPolicy,
  listTrustPolicies,
  readTrustPolicy,
  type StoredTrustPolicy,
} from '../foreign/trust-policy-store.ts';
import { createOutboundGuard } from '../outbound/check-target.ts';
import { rulesChanged } from '../renewal/mark-due.ts';
import type { Signer } from '../signer/client.ts';
import { actorOf, wholeGrantOf } from './access.ts';
import type { App } from './app.ts';

const AccountPath = z.object({ account: z.string() });
const Versions = z.object({ version: z.coerce.number().int().min(1).optional() });
const Limit = z.object({ limit: z.coerce.number().int().min(1).max(1000).default(200) });
const TESTS_AT_A_TIME = 4;

type TrustRouteDeps = { db: Db; config: Config; signer: Signer };

export function trustRoutes(app: App, deps: TrustRouteDeps): void {
  const { db } = deps;
  const guard = createOutboundGuard(deps.config);
  let tests = 0;

  app.get(
    '/api/v1/accounts/:account/trust-policy',
    {
      config: { access: 'reader' },
      schema: { params: AccountPath, querystring: Versions, response: { 200: TrustPolicyInfo } },
    },
    async (request) => {
      const { accountId } = wholeGrantOf(request);
      const version = request.query.version ?? null;
      const stored = await asTenant(db, [accountId], (tx) => readTrustPolicy(tx, accountId, version));
      if (!stored && version !== null)
        throw new ServerError('not-found', `there is no version ${version} of the trust policy`);
      return stored ? toInfo(stored) : NO_POLICY;
    },
  );

  app.get(
    '/api/v1/accounts/:account/trust-policy/versions',
    { config: { access: 'reader' }, schema: { params: AccountPath, response: { 200: z.array(TrustPolicyVersion) } } },
    async (request) => {
      const { accountId } = wholeGrantOf(request);
      const versions = await asTenant(db, [accountId], (tx) => listTrustPolicies(tx, accountId));
      return versions.map((one) => ({ ...one, createdAt: one.createdAt.toISOString() }));
    },
  );

  app.put(
    '/api/v1/accounts/:account/trust-policy',
    {
      config: { access: 'maintainer' },
      schema: { params: AccountPath, body: TrustPolicyChange, response: { 200: TrustPolicyInfo } },
    },
    async (request) => {
      const { accountId } = wholeGrantOf(request);
      const compiled = await compileNew(deps, accountId, request.body.policy);
      const stored = await asTenant(db, [accountId], async (tx) => {
        const current = await readTrustPolicy(tx, accountId);
        const after = request.body.ifVersion ?? current?.version ?? 0;
        if (current?.digest === compiled.digest && after === current.version) return current;
        const actor = actorOf(request);
        const version = await insertTrustPolicy(tx, accountId, {
          policy: compiled.policy,
          digest: compiled.digest,
          author: actor.name,
          after,
        });
        if (version === null)
          throw new ServerError(
            'conflict',
            `the trust policy has changed meanwhile; version ${after} is not the current one`,
          );
        await rulesChanged(tx, accountId);
        await examineAnew(tx, accountId);
        await recordAudit(tx, {
          accountId,
          actor,
          action: 'trust-policy.change',
          subject: compiled.digest,
          detail: { version, before: current?.digest ?? null, rules: compiled.rules.map((rule) => rule.name) },
        });
        await appendEvent(tx, {
          accountId,
          subject: 'trust-policy',
          type: 'trust-policy.changed',
          data: { version, digest: compiled.digest, actor: actor.name },
        });
        return readTrustPolicy(tx, accountId);
      });
      if (!stored) throw new ServerError('internal', 'the trust policy could not be read back');
      return toInfo(stored);
    },
  );

  app.post(
    '/api/v1/accounts/:account/trust-policy/test',
    {
      config: { access: 'developer' },
      schema: { params: AccountPath, body: TrustTest, response: { 200: TrustTestResult } },
    },
    async (request) => {
      const { accountId, account } = wholeGrantOf(request);
      const image = readImage(request.body.reference);
      const policy =
        request.body.policy === undefined
          ? await compileStored(db, accountId, account)
          : await compileNew(deps, accountId, request.body.policy);
      if (tests >= TESTS_AT_A_TIME)
        throw new ServerError('rate-limited', 'other images are being tested just now; try again in a moment');
      tests += 1;
      try {
        return toTestResult(
          request.body.reference,
          image,
          await examine({ guard, credentials: createFindCredentials(db, deps.signer, accountId) }, policy, image),
        );
      } finally {
        tests -= 1;
      }
    },
  );

  app.get(
    '/api/v1/accounts/:account/foreign-images',
    {
      config: { access: 'reader' },
      schema: { params: AccountPath, querystring: Limit, response: { 200: z.array(ForeignImage) } },
    },
    async (request) =>
      asTenant(db, [wholeGrantOf(request).accountId], (tx) => listForeignImages(tx, request.query.limit)),
  );
}

const NO_POLICY: TrustPolicyInfo = {
  version: 0,
  digest: '',
  createdBy: '',
  createdAt: new Date(0).toISOString(),
  policy: null,
};

const toInfo = (stored: StoredTrustPolicy): TrustPolicyInfo => ({
  version: stored.version,
  digest: stored.digest,
  createdBy: stored.createdBy,
  createdAt: stored.createdAt.toISOString(),
  policy: stored.policy,
});

/** @throws ServerError `invalid`, with the place and the reason */
async function compileNew(
  { db, signer }: TrustRouteDeps,
  accountId: string,
  given: unknown,
): Promise<CompiledTrustPolicy> {
  try {
    const document = readDocument(given);
    const names = namedAccounts(parseTrustPolicy(document));
    // A partner may be trusted before it signs for the first time; asking makes its key.
    for (const keyless of await asSystem(db, (tx) => readKeylessAccounts(tx, accountId, names)))
      await signer.key(keyless);
    return compileTrustPolicy(document, await asSystem(db, (tx) => readAccountKeys(tx, accountId, names)));
  } catch (error) {
    if (error instanceof SignError || error instanceof PolicyError)
      throw new ServerError('invalid', error.message, { cause: error });
    throw error;
  }
}

/** A text is YAML as people type it; anything else is the document itself. */
function readDocument(given: unknown): unknown {
  if (typeof given !== 'string') return given;
  const [document, ...more] = readYaml(given, 'the trust policy');
  if (more.length > 0) throw new ServerError('invalid', 'the trust policy is one YAML document, and there are several');
  return document;
}

async function compileStored(db: Db, accountId: string, account: string): Promise<CompiledTrustPolicy> {
  return asSystem(db, async (tx) => {
    const stored = await readTrustPolicy(tx, accountId);
    if (!stored)
      throw new ServerError('conflict', `${account} has no trust policy; set one: pratique trust set ${account} FILE`);
    return compileTrustPolicy(stored.policy, await readKeysForJudging(tx, accountId, namedAccounts(stored.policy)));
  });
}

function readImage(reference: string): CanonicalImage {
  try {
    return canonicalImage(reference);
  } catch (error) {
    if (error instanceof OciError) throw new ServerError('invalid', error.message, { cause: error });
    throw error;
  }
}

function toTestResult(reference: string, image: CanonicalImage, found: Examination): TrustTestResult {
  const shared = { reference, name: image.name, state: found.outcome, digest: image.digest, reasons: [], rules: [] };
  if (found.outcome === 'unmatched') return { ...shared, reasons: [`no rule is about ${image.name}`] };
  if (found.outcome === 'unreachable') return { ...shared, reasons: found.reasons };
  if (found.outcome === 'trusted') return { ...shared, digest: found.digest, rules: found.rules };
  return { ...shared, digest: found.digest, reasons: found.reasons, rules: found.rules };
}
