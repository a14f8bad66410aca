/** The account's policy bundle. */
import { join } from 'node:path';
import { PolicyBundleInfo, PolicyChange } from '@pratique/contract';
import {
  type Constraint,
  PolicyError,
  type Preset,
  readPresets,
  type SpawnedEngine,
  spawnEngine,
} from '@pratique/policy';
import { z } from 'zod';
import { recordAudit } from '../auth/audit.ts';
import type { Config } from '../config.ts';
import { asTenant, type Db } from '../db/connect.ts';
import { ServerError } from '../error.ts';
import { appendEvent } from '../feed/append-event.ts';
import { applyPolicyYaml, readAccountBundle, type StoredBundle, storeAccountBundle } from '../gate/account-policy.ts';
import { ROOT, requirePolicyEngine } from '../roles/open.ts';
import { actorOf, wholeGrantOf } from './access.ts';
import type { App } from './app.ts';

const AccountPath = z.object({ account: z.string() });

export function policyRoutes(app: App, deps: { db: Db; config: Config }): void {
  const { db, config } = deps;
  // Only compiles: a bundle that does not load is refused before anybody is judged by it. Started at the first change.
  let engine: SpawnedEngine | null = null;
  let known: Promise<Preset[]> | null = null;
  const presets = () => (known ??= readPresets(join(ROOT, 'policies')));
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
      return toInfo(stored, await presets());
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
      const bundle = changeBundle(current, request.body.yaml, await presets());
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
      return toInfo(stored, await presets());
    },
  );
}

function changeBundle(current: StoredBundle, yaml: string, presets: readonly Preset[]) {
  try {
    return applyPolicyYaml(current.bundle, yaml, presets);
  } catch (error) {
    if (error instanceof PolicyError) throw new ServerError('invalid', error.message, { cause: error });
    throw error;
  }
}

function toInfo(stored: StoredBundle, presets: readonly Preset[]): PolicyBundleInfo {
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
    available: presets
      .filter((preset) => !stored.bundle.constraints.some((constraint) => constraint.kind === preset.template.kind))
      .map(({ template, constraints }) => ({
        template: template.kind,
        target: template.target,
        title: template.title,
        description: template.description,
        yaml: constraints.map(toDocument).join('\n---\n'),
      })),
  };
}

/** JSON is YAML. */
const toDocument = ({ kind, name, action, match, parameters }: Constraint): string =>
  JSON.stringify({
    apiVersion: 'constraints.gatekeeper.sh/v1beta1',
    kind,
    metadata: { name },
    spec: { enforcementAction: action, match, parameters },
  });
