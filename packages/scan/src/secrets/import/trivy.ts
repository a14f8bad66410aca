/** Reads the configuration of Trivy's secret scanner. @see trivy.dev, "Secret scanning", "Configuration" (0.75) */
import { z } from 'zod';
import { parseYaml } from '../../advisories/yaml.ts';
import { ScanError } from '../../error.ts';
import { KINDS } from '../catalog/list.ts';
import { eachRule, kindsNamed, MAX_DOCUMENT_BYTES, type RuleSet, sentence } from './rule-set.ts';
import { compileRule, type Exemption } from './user-rule.ts';

const Texts = z.array(z.string().max(10_000)).max(10_000).default([]);
const AllowRule = z.looseObject({
  id: z.string().default(''),
  description: z.string().default(''),
  regex: z.string().optional(),
  path: z.string().optional(),
});
const Block = z.looseObject({ description: z.string().default(''), regexes: Texts });
const Rule = z.looseObject({
  id: z.string().min(1).max(200),
  category: z.string().default(''),
  title: z.string().max(2000).default(''),
  severity: z.string().default('UNKNOWN'),
  regex: z.string(),
  path: z.string().optional(),
  keywords: Texts,
  'secret-group-name': z.string().optional(),
  'allow-rules': z.array(AllowRule).max(1000).default([]),
  'exclude-block': Block.optional(),
});
const Document = z.looseObject({
  rules: z.array(z.unknown()).default([]),
  'allow-rules': z.array(AllowRule).max(1000).default([]),
  'exclude-block': Block.optional(),
  'disable-rules': Texts,
  'disable-allow-rules': Texts,
  'enable-builtin-rules': Texts,
});

const SEVERITIES = new Set(['critical', 'high', 'medium', 'low'] as const);
const READ: ReadonlySet<string> = new Set([...Object.keys(Rule.shape), ...Object.keys(Document.shape)]);

/** @throws ScanError `config-invalid` for what is no YAML, or no such configuration */
export function importTrivy(text: string): RuleSet {
  if (text.length > MAX_DOCUMENT_BYTES)
    throw new ScanError('config-invalid', `the configuration has more than ${MAX_DOCUMENT_BYTES} bytes`);
  const document = readDocument(text);
  const catalog = new Set(KINDS.map((kind) => kind.id));
  const set: RuleSet = { rules: [], disabled: [], enabled: null, left: [] };
  const named = (list: string): string[] =>
    ((document[list] as string[] | undefined) ?? []).flatMap((name) => {
      const kinds = kindsNamed(name, catalog);
      if (kinds.length === 0) set.left.push({ rule: name, what: list, reason: 'the catalog has no kind of that name' });
      return kinds;
    });
  set.disabled = named('disable-rules');
  if (document['enable-builtin-rules'].length > 0) set.enabled = named('enable-builtin-rules');
  for (const name of document['disable-allow-rules'])
    set.left.push({ rule: name, what: 'disable-allow-rules', reason: 'the catalog has no rules of that sort' });
  for (const key of Object.keys(document))
    if (!READ.has(key)) set.left.push({ rule: null, what: key, reason: 'not understood' });
  const general = exemptionsOf(document['allow-rules'], document['exclude-block']);
  if (general.length > 0)
    set.left.push({
      rule: null,
      what: 'allow-rules',
      reason: 'they hold for the rules of this file, not for the catalog',
    });
  eachRule(set, document.rules, (raw, at) => addRule(set, raw, at, general));
  return set;
}

function readDocument(text: string): z.infer<typeof Document> {
  try {
    return Document.parse(parseYaml(Buffer.from(text)) ?? {});
  } catch (error) {
    throw new ScanError('config-invalid', `this is no configuration of Trivy's secret scanner: ${sentence(error)}`, {
      cause: error,
    });
  }
}

function addRule(set: RuleSet, raw: unknown, at: number, general: readonly Exemption[]): void {
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
  const level = rule.severity.toLowerCase() as 'high';
  try {
    set.rules.push(
      compileRule({
        id: rule.id,
        title: rule.title || rule.id,
        severity: SEVERITIES.has(level) ? level : 'unknown',
        regex: rule.regex,
        // The whole match is the secret where no group is named.
        group: rule['secret-group-name'] ?? 'whole',
        keywords: rule.keywords,
        entropy: null,
        path: rule.path ?? null,
        exemptions: [...exemptionsOf(rule['allow-rules'], rule['exclude-block']), ...general],
      }),
    );
  } catch (error) {
    set.left.push({ rule: rule.id, what: 'regex', reason: sentence(error) });
  }
}

function exemptionsOf(
  rules: readonly z.infer<typeof AllowRule>[],
  block: z.infer<typeof Block> | undefined,
): Exemption[] {
  const none = { paths: [], regexes: [], stopwords: [], target: 'match', all: false } as const;
  const listed = rules.map(
    ({ regex, path }): Exemption => ({
      ...none,
      paths: path === undefined ? [] : [path],
      regexes: regex === undefined ? [] : [regex],
    }),
  );
  return block && block.regexes.length > 0 ? [...listed, { ...none, regexes: block.regexes, target: 'block' }] : listed;
}
