/** The account's policy bundle: presets of this version until the account changes them. */
import {
  type Bundle,
  createBundle,
  type Preset,
  parseConstraint,
  parseTemplate,
  presetBundle,
  readYaml,
} from '@pratique/policy';
import { sql } from 'kysely';
import type { Tx } from '../db/connect.ts';
import { appendEvent } from '../feed/append-event.ts';
import { rulesChanged } from '../renewal/mark-due.ts';

export type StoredBundle = { version: number; digest: string; createdBy: string; createdAt: Date; bundle: Bundle };
type Row = {
  version: number;
  digest: string;
  content: { templates: Bundle['templates']; constraints: Bundle['constraints'] };
  created_by: string;
  created_at: Date;
};

/** Author of bundles that nobody changed; only those follow the presets of a newer version. */
export const PRESET_AUTHOR = 'pratique';

export async function readAccountBundle(tx: Tx, accountId: string): Promise<StoredBundle | null> {
  const { rows } = await sql<Row>`
    select version, digest, content, created_by, created_at from policy_bundle where account_id = ${accountId} order by version desc limit 1`.execute(
    tx,
  );
  const row = rows[0];
  if (!row) return null;
  return {
    version: row.version,
    digest: row.digest,
    createdBy: row.created_by,
    createdAt: row.created_at,
    bundle: createBundle(row.content.templates, row.content.constraints),
  };
}

export async function storeAccountBundle(tx: Tx, accountId: string, bundle: Bundle, author: string): Promise<void> {
  await sql`
    insert into policy_bundle (account_id, version, digest, content, created_by)
    select ${accountId}, coalesce(max(version), 0) + 1, ${bundle.digest}, ${JSON.stringify({ templates: bundle.templates, constraints: bundle.constraints })}::jsonb, ${author}
    from policy_bundle where account_id = ${accountId}`.execute(tx);
  await rulesChanged(tx, accountId);
}

/**
 * Gives the account the presets of this version, unless somebody decided otherwise. A policy that this version brings is
 * on in new accounts; in others it is there to be turned on, and denies nobody over night.
 */
export async function followPresets(tx: Tx, accountId: string, presets: readonly Preset[]): Promise<void> {
  const current = await readAccountBundle(tx, accountId);
  const had = current && new Set(current.bundle.templates.map((template) => template.kind));
  const bundle = presetBundle(presets.filter((preset) => !had || had.has(preset.template.kind)));
  if (current && (current.createdBy !== PRESET_AUTHOR || current.digest === bundle.digest)) return;
  await storeAccountBundle(tx, accountId, bundle, PRESET_AUTHOR);
  // Admission keeps policies in memory, and may have looked when there were none yet.
  await appendEvent(tx, {
    accountId,
    subject: 'policy',
    type: 'policy.changed',
    data: { digest: bundle.digest, actor: PRESET_AUTHOR },
  });
}

/**
 * The bundle with the documents applied: a constraint or template replaces the one of its kind and name, or is added;
 * a constraint with `spec.enforcementAction: "off"` is removed. A constraint of a preset that is not on brings it along.
 *
 * @throws PolicyError naming the document
 */
export function applyPolicyYaml(bundle: Bundle, yaml: string, presets: readonly Preset[] = []): Bundle {
  let templates = [...bundle.templates];
  let constraints = [...bundle.constraints];
  for (const document of readYaml(yaml, 'policy')) {
    if ((document as { kind?: unknown }).kind === 'ConstraintTemplate') {
      const template = parseTemplate(document);
      templates = [...templates.filter((other) => other.kind !== template.kind), template];
      continue;
    }
    const off = isSwitchedOff(document);
    const constraint = parseConstraint(off ? withoutAction(document) : document);
    const others = constraints.filter((other) => other.kind !== constraint.kind || other.name !== constraint.name);
    constraints = off ? others : [...others, constraint];
    const preset = presets.find((each) => each.template.kind === constraint.kind);
    if (preset && !off && !templates.some((each) => each.kind === constraint.kind))
      templates = [...templates, preset.template];
  }
  return createBundle(templates, constraints);
}

type Document = { spec?: { enforcementAction?: unknown } & Record<string, unknown> } & Record<string, unknown>;

function isSwitchedOff(document: unknown): boolean {
  const action = (document as Document).spec?.enforcementAction;
  return action === 'off' || action === false; // `off` is a boolean in YAML 1.1
}

function withoutAction(document: unknown): unknown {
  const { spec, ...rest } = document as Document;
  const { enforcementAction: _, ...others } = spec ?? {};
  return { ...rest, spec: others };
}
