/** Rules of the user beside ours: imported kinds of secrets, lists of digests, a clamd. As texts and paths they reach every thread. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type Clamd, type ClamdAddress, openClamd } from '../malware/clamd.ts';
import { type HashList, readHashList } from '../malware/hash-list.ts';
import { KINDS } from '../secrets/catalog/list.ts';
import { importGitleaks } from '../secrets/import/gitleaks.ts';
import type { RuleSet } from '../secrets/import/rule-set.ts';
import { importTrivy } from '../secrets/import/trivy.ts';
import type { UserRule } from '../secrets/import/user-rule.ts';
import type { Kind } from '../secrets/kind.ts';

export type OwnRules = {
  /** Rule files of gitleaks (TOML) or Trivy (YAML). */
  secrets: readonly { name: string; form: 'gitleaks' | 'trivy'; text: string }[];
  /** Lists of sha256, each read where it is needed; the digest is the file's. */
  hashLists: readonly { name: string; path: string; digest: string }[];
  /** `version` is what it said of itself and its signatures. */
  clamd: { address: ClamdAddress; version: string } | null;
};

export const NO_OWN_RULES: OwnRules = { secrets: [], hashLists: [], clamd: null };

/** What of it counts, opened for use. */
export type OpenedRules = {
  secretRules: readonly UserRule[];
  /** Of the catalog: rule files may turn some off, or name those that alone count. */
  kinds: readonly Kind[];
  hashLists: readonly HashList[];
  clamd: Clamd | null;
};

/** @throws ScanError `config-invalid`, `rules-refused` */
export function openOwnRules(own: OwnRules): OpenedRules {
  const sets = own.secrets.map((file) => readRuleFile(file));
  const secretRules = sets.flatMap((set) => set.rules);
  const disabled = new Set(sets.flatMap((set) => set.disabled));
  const lists = sets.flatMap((set) => (set.enabled === null ? [] : [set.enabled]));
  const enabled = lists.length === 0 ? null : new Set(lists.flat());
  return {
    secretRules,
    kinds: KINDS.filter(({ id }) => !disabled.has(id) && (enabled?.has(id) ?? true)),
    hashLists: own.hashLists.map(({ name, path }) => readHashList(name, readFileSync(path))),
    clamd: own.clamd ? openClamd({ address: own.clamd.address }) : null,
  };
}

/** @throws ScanError `config-invalid` */
export function readRuleFile({ form, text }: OwnRules['secrets'][number]): RuleSet {
  return form === 'gitleaks' ? importGitleaks(text) : importTrivy(text);
}

/** What is found follows these too; empty where there are none. */
export function ownRevision({ secrets, hashLists, clamd }: OwnRules): string {
  const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
  return [
    ...secrets.map(({ form, text }) => `${form} ${sha256(text)}`),
    ...hashLists.map(({ name, digest }) => `list ${name} ${digest}`),
    ...(clamd ? [`clamd ${clamd.version}`] : []),
  ].join(', ');
}
