/** The account's policy bundle. */
import { PolicyBundleInfo, PolicyChange } from '@pratique/contract';
import { PolicyError, type SpawnedEngine, spawnEngine } from '@pratique/policy';
import { z } from 'zod';
import { recordAudit } from '../auth/audit.ts';
import type { Config } from '../config.ts';
import { asTenant, type Db } from '../db/connect.ts';
import { ServerError } from '../error.ts';
import { appendEvent } from '../feed/append-event.ts';
import { applyPolicyYaml, readAccountBundle, type StoredBundle, storeAccountBundle } from '../gate/account-policy.ts';
import { requirePolicyEngine } from '../roles/open.ts';
import { actorOf, wholeGrantOf } from './access.ts';
import type { App } from './app.ts';

const AccountPath = z.object({ account: z.string() });

export function policyRoutes(app: App, deps: { db: Db; config: Config }): void {
  const { db, config } = deps;
  // Only compiles: a bundle that does not load is refused before anybody is judged by it. Started at the first change.
  let engine: SpawnedEngine | null = null;
  app.addHook('onClose', async () => engine?.close());

  app.get(
    '/api/v1/accounts/:account/policy',
    { config: { access: 'reader' }, schema: { params: AccountPath, response: { 200: PolicyBundleInfo } } },
    async (request) => {
      const stored = await asTenant(db, [wholeGrantOf(request).accountId], (tx) =>
        readAccountBundle(tx, wholeGrantOf(request).accountId),
      );
      if (!stored)
        throw new ServerError('unavailable', 'the presets have not been installed yet; try again in a moment');
      return toInfo(stored);
    },
  );

  app.put(
    '/api/v1/accounts/:account/policy',
    {
      config: { access: 'maintainer' },
      schema: { params: AccountPath, body: PolicyChange, response: { 200: PolicyBundleInfo } },
    },
    async (request) => {
      const { accountId } = wholeGrantOf(request);
      const current = await asTenant(db, [accountId], (tx) => readAccountBundle(tx, accountId));
      if (!current)
        throw new ServerError('unavailable', 'the presets have not been installed yet; try again in a moment');
      const bundle = changeBundle(current, request.body.yaml);
      engine ??= spawnEngine({ binary: requirePolicyEngine(config) });
      const loaded = await engine.load(bundle);
      if (loaded.outcome === 'invalid') {
        const [problem] = loaded.problems;
        throw new ServerError(
          'invalid',
          `the policy does not compile: ${problem?.template || problem?.constraint || ''}${problem?.line ? ` line ${problem.line}` : ''}: ${problem?.message ?? ''}`,
          { details: { problems: loaded.problems.slice(0, 20) } },
        );
      }
      const stored = await asTenant(db, [accountId], async (tx) => {
        const actor = actorOf(request);
        if (bundle.digest !== current.digest) {
          await storeAccountBundle(tx, accountId, bundle, actor.name);
          await recordAudit(tx, {
            accountId,
            actor,
            action: 'policy.change',
            subject: bundle.digest,
            detail: { before: current.digest },
          });
          await appendEvent(tx, {
            accountId,
            subject: 'policy',
            type: 'policy.changed',
            data: { digest: bundle.digest, actor: actor.name },
          });
        }
        return readAccountBundle(tx, accountId);
      });
      if (!stored) throw new ServerError('internal', 'the policy could not be read back');
      return toInfo(stored);
    },
  );
}

function changeBundle(current: StoredBundle, yaml: string) {
  try {
    return applyPolicyYaml(current.bundle, yaml);
  } catch (error) {
    if (error instanceof PolicyError) throw new ServerError('invalid', error.message, { cause: error });
    throw error;
  }
}

function toInfo(stored: StoredBundle): PolicyBundleInfo {
  const templates = new Map(stored.bundle.templates.map((template) => [template.kind, template]));
  return {
    version: stored.version,
    digest: stored.digest,
    createdBy: stored.createdBy,
    createdAt: stored.createdAt.toISOString(),
    constraints: stored.bundle.constraints.map((constraint) => {
      const template = templates.get(constraint.kind);
      return {
        name: constraint.name,
        template: constraint.kind,
        target: template?.target ?? '',
        action: constraint.action,
        title: template?.title || constraint.name,
        description: template?.description ?? '',
        parameters: constraint.parameters,
      };
    }),
  };
}
