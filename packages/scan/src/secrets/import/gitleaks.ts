/** Reads rule files of gitleaks. @see github.com/gitleaks/gitleaks, README, "Configuration" (8.25) */
import { parse } from 'smol-toml';
import { z } from 'zod';
import { ScanError } from '../../error.ts';
import { KINDS } from '../catalog/list.ts';
import { eachRule, kindsNamed, MAX_DOCUMENT_BYTES, type RuleSet, sentence } from './rule-set.ts';
import { compileRule, type Exemption } from './user-rule.ts';

const Texts = z.array(z.string().max(10_000)).max(10_000).default([]);
const Allowlist = z.looseObject({
  condition: z.string().default('OR'),
  commits: Texts,
  paths: Texts,
  regexTarget: z.string().default('secret'),
  regexes: Texts,
  stopwords: Texts,
  targetRules: Texts,
});
const Rule = z.looseObject({
  id: z.string().min(1).max(200),
  description: z.string().max(2000).default(''),
  regex: z.string().optional(),
  path: z.string().optional(),
  entropy: z.number().optional(),
  secretGroup: z.number().int().nonnegative().optional(),
  keywords: Texts,
  allowlist: Allowlist.optional(),
  allowlists: z.array(Allowlist).max(1000).default([]),
});
const Document = z.looseObject({
  rules: z.array(z.unknown()).default([]),
  allowlist: Allowlist.optional(),
  allowlists: z.array(Allowlist).max(1000).default([]),
  extend: z
    .looseObject({
      useDefault: z.boolean().optional(),
      path: z.string().optional(),
      url: z.string().optional(),
      disabledRules: Texts,
    })
    .optional(),
});

const READ: ReadonlySet<string> = new Set([
  'id',
  'description',
  'regex',
  'path',
  'entropy',
  'secretGroup',
  'keywords',
  'allowlist',
  'allowlists',
  'tags',
]);

/** @throws ScanError `config-invalid` for what is no TOML, or no rule file */
export function importGitleaks(text: string): RuleSet {
  if (text.length > MAX_DOCUMENT_BYTES)
    throw new ScanError('config-invalid', `the rule file has more than ${MAX_DOCUMENT_BYTES} bytes`);
  const document = readDocument(text);
  const catalog = new Set(KINDS.map((kind) => kind.id));
  const set: RuleSet = { rules: [], disabled: [], enabled: null, left: [] };
  const { extend } = document;
  if (extend?.path !== undefined || extend?.url !== undefined)
    set.left.push({ rule: null, what: 'extend', reason: 'other files are not read: import each of them' });
  for (const name of extend?.disabledRules ?? []) {
    const kinds = kindsNamed(name, catalog);
    set.disabled.push(...kinds);
    if (kinds.length === 0)
      set.left.push({ rule: name, what: 'disabledRules', reason: 'the catalog has no kind of that name' });
  }
  const general = [...(document.allowlist ? [document.allowlist] : []), ...document.allowlists];
  if (general.length > 0)
    set.left.push({
      rule: null,
      what: 'allowlist',
      reason: 'it holds for the rules of this file, not for the catalog',
    });
  eachRule(set, document.rules, (raw, at) => addRule(set, raw, at, general));
  return set;
}

function readDocument(text: string): z.infer<typeof Document> {
  try {
    return Document.parse(parse(text));
  } catch (error) {
    throw new ScanError('config-invalid', `this is no rule file of gitleaks: ${sentence(error)}`, { cause: error });
  }
}

function addRule(set: RuleSet, raw: unknown, at: number, general: readonly z.infer<typeof Allowlist>[]): void {
  const parsed = Rule.safeParse(raw);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    return void set.left.push({
      rule: `rule ${at + 1}`,
      what: issue?.path.join('.') ?? '',
      reason: issue?.message ?? 'not understood',
    });
  }
  const rule = parsed.data;
  for (const key of Object.keys(rule))
    if (!READ.has(key)) set.left.push({ rule: rule.id, what: key, reason: 'not understood' });
  if (rule.regex === undefined)
    return void set.left.push({
      rule: rule.id,
      what: 'path',
      reason: 'a rule without a pattern finds files, no secrets',
    });
  const lists = [
    ...(rule.allowlist ? [rule.allowlist] : []),
    ...rule.allowlists,
    ...general.filter((list) => list.targetRules.length === 0 || list.targetRules.includes(rule.id)),
  ];
  for (const list of lists)
    if (list.commits.length > 0)
      set.left.push({ rule: rule.id, what: 'allowlist.commits', reason: 'images have no commits' });
  try {
    set.rules.push(
      compileRule({
        id: rule.id,
        title: rule.description || rule.id,
        severity: 'high',
        regex: rule.regex,
        group: rule.secretGroup ?? null,
        keywords: rule.keywords,
        entropy: rule.entropy ?? null,
        path: rule.path ?? null,
        exemptions: lists.flatMap((list) => exemptionOf(list)),
      }),
    );
  } catch (error) {
    set.left.push({ rule: rule.id, what: 'regex', reason: sentence(error) });
  }
}

/** A list of commits that must hold besides never does. */
function exemptionOf(list: z.infer<typeof Allowlist>): Exemption[] {
  const all = list.condition.toUpperCase() === 'AND';
  if (all && list.commits.length > 0) return [];
  const target = list.regexTarget === 'match' || list.regexTarget === 'line' ? list.regexTarget : 'secret';
  return [{ paths: list.paths, regexes: list.regexes, stopwords: list.stopwords, target, all }];
}
