/** Findings that people chose to leave out, each with a reason and an end: our own file, Trivy's and Grype's. */
import { readFile, stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { type ImageScan, type RankedFinding, type Secret, SecretAllow } from '@pratique/contract';
import { allowSecrets } from '@pratique/scan/secrets/allow';
import yaml from 'js-yaml';
import { z } from 'zod';
import type { Context } from '../context.ts';
import { CliError, EXIT } from '../exit.ts';

export type Ignore = {
  /** A CVE or another name of the hole; null for every hole of the package. */
  id: string | null;
  /** Name or purl, `*` for anything; null for every package. */
  package: string | null;
  version: string | null;
  type: string | null;
  /** Only what has no fix, or only what has one. */
  fix: 'fixed' | 'not-fixed' | null;
  reason: string | null;
  until: Date | null;
};

export type Ignores = { findings: Ignore[]; secrets: SecretAllow[] };
export type Ignored = { id: string; package: string; reason: string | null; until: string | null };

const MAX_BYTES = 4 * 1024 * 1024;

const When = z.union([z.date(), z.string()]).transform((value, ctx) => {
  const at = new Date(value);
  if (!Number.isNaN(at.getTime())) return at;
  ctx.addIssue({ code: 'custom', message: `${JSON.stringify(value)} is no date` });
  return z.NEVER;
});

const Own = z
  .strictObject({
    secrets: z.array(SecretAllow).max(10_000).optional(),
    ignore: z
      .array(
        z
          .strictObject({
            id: z.string().min(1).optional(),
            package: z.string().min(1).optional(),
            reason: z.string().min(1, 'a reason is needed'),
            until: When,
          })
          .refine((one) => one.id !== undefined || one.package !== undefined, 'it names neither an id nor a package'),
      )
      .max(10_000)
      .optional(),
  })
  .refine(({ ignore, secrets }) => ignore !== undefined || secrets !== undefined, 'it has neither ignore nor secrets');

/** @see trivy.dev/docs, "Filtering", .trivyignore.yaml */
const TrivyYaml = z.looseObject({
  vulnerabilities: z.array(
    z.looseObject({
      id: z.string().min(1),
      purls: z.array(z.string()).optional(),
      paths: z.array(z.string()).optional(),
      statement: z.string().optional(),
      expired_at: When.optional(),
    }),
  ),
});

/** @see github.com/anchore/grype, README, "Specifying matches to ignore" */
const GrypeYaml = z.looseObject({
  ignore: z.array(
    z.looseObject({
      vulnerability: z.string().optional(),
      reason: z.string().optional(),
      'fix-state': z.string().optional(),
      'vex-status': z.string().optional(),
      namespace: z.string().optional(),
      package: z
        .looseObject({
          name: z.string().optional(),
          version: z.string().optional(),
          type: z.string().optional(),
          location: z.string().optional(),
          'upstream-name': z.string().optional(),
          language: z.string().optional(),
        })
        .optional(),
    }),
  ),
});

/** @throws CliError usage for a file that cannot be read or says something that would be left out in silence */
export async function readIgnores(context: Context, path: string): Promise<Ignores> {
  const file = resolve(context.cwd, path);
  const found = await stat(file).catch(() => null);
  if (!found?.isFile() || found.size > MAX_BYTES)
    throw new CliError(EXIT.usage, `${path} is no ignore file that can be read`);
  const text = await readFile(file, 'utf8');
  if (basename(file) === '.trivyignore') return { findings: readTrivyLines(text, path), secrets: [] };
  let value: unknown;
  try {
    value = yaml.load(text, { schema: yaml.CORE_SCHEMA });
  } catch (cause) {
    throw new CliError(EXIT.usage, `${path} is no YAML: ${(cause as Error).message.split('\n')[0]}`, { cause });
  }
  if (has(value, 'vulnerabilities'))
    return {
      findings: parse(TrivyYaml, value, path).vulnerabilities.flatMap((one) => fromTrivy(one, path)),
      secrets: [],
    };
  if (has(value, 'ignore') && firstHas(value, ['vulnerability', 'fix-state', 'vex-status', 'namespace']))
    return { findings: parse(GrypeYaml, value, path).ignore.map((one) => fromGrype(one, path)), secrets: [] };
  const { ignore = [], secrets = [] } = parse(Own, value, path);
  const findings = ignore.map(({ id = null, package: name = null, reason, until }) => ({
    id,
    package: name,
    version: null,
    type: null,
    fix: null,
    reason,
    until,
  }));
  return { findings, secrets };
}

const has = (value: unknown, key: string): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && key in value;

function firstHas(value: Record<string, unknown>, keys: readonly string[]): boolean {
  const { ignore } = value;
  return (
    Array.isArray(ignore) &&
    ignore.some(
      (one: unknown) =>
        keys.some((key) => has(one, key)) || (has(one, 'package') && typeof one['package'] === 'object'),
    )
  );
}

function parse<T>(shape: z.ZodType<T>, value: unknown, path: string): T {
  const parsed = shape.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new CliError(EXIT.usage, `${path} at ${issue?.path.join('.') || 'its beginning'}: ${issue?.message}`);
}

const NOTHING = { package: null, version: null, type: null, fix: null, reason: null, until: null } as const;

/** `CVE-2024-1234 exp:2025-01-31 # why` */
function readTrivyLines(text: string, path: string): Ignore[] {
  return text.split('\n').flatMap((line, at) => {
    const [said = '', ...comment] = line.split('#');
    const words = said.trim().split(/\s+/).filter(Boolean);
    const [id, ...more] = words;
    if (id === undefined) return [];
    let until: Date | null = null;
    for (const word of more) {
      const date = /^exp:(.+)$/.exec(word)?.[1];
      if (date === undefined || Number.isNaN(Date.parse(date)))
        throw new CliError(EXIT.usage, `${path} line ${at + 1}: ${JSON.stringify(word)} is not understood`);
      until = new Date(date);
    }
    return { ...NOTHING, id, until, reason: comment.join('#').trim() || null };
  });
}

function fromTrivy(one: z.infer<typeof TrivyYaml>['vulnerabilities'][number], path: string): Ignore[] {
  if (one.paths && one.paths.length > 0)
    throw new CliError(
      EXIT.usage,
      `${path}: ${one.id} is limited to paths, which is not understood; name the package by purls`,
    );
  const rest = { ...NOTHING, id: one.id, reason: one.statement ?? null, until: one.expired_at ?? null };
  return one.purls && one.purls.length > 0 ? one.purls.map((purl) => ({ ...rest, package: purl })) : [rest];
}

function fromGrype(one: z.infer<typeof GrypeYaml>['ignore'][number], path: string): Ignore {
  const { name, version, type, ...other } = one.package ?? {};
  const unknown = [...Object.keys(other), ...['vex-status', 'namespace'].filter((key) => key in one)];
  if (unknown.length > 0)
    throw new CliError(
      EXIT.usage,
      `${path}: a rule is limited by ${unknown.join(', ')}, which is not understood; it would leave out too much`,
    );
  const states: Record<string, Ignore['fix']> = { fixed: 'fixed', 'not-fixed': 'not-fixed', 'wont-fix': 'not-fixed' };
  const state = one['fix-state'];
  if (state !== undefined && !states[state])
    throw new CliError(EXIT.usage, `${path}: the fix-state ${JSON.stringify(state)} is not understood`);
  return {
    ...NOTHING,
    id: one.vulnerability ?? null,
    package: name ?? null,
    version: version ?? null,
    type: type ?? null,
    fix: state === undefined ? null : (states[state] ?? null),
    reason: one.reason ?? null,
  };
}

/** Takes out what is ignored, and says on standard error how much it was and what has ended or says no reason. */
export function applyIgnores(
  context: Context,
  scan: ImageScan,
  { findings: ignores, secrets: rules }: Ignores,
  now: Date,
): { scan: ImageScan; ignored: Ignored[] } {
  const secrets = scan.secrets && rules.length > 0 ? leaveAllowed(context, scan.secrets, rules, now) : scan.secrets;
  if (ignores.length === 0) return { scan: { ...scan, secrets }, ignored: [] };
  const ended = ignores.filter((one) => one.until !== null && one.until <= now);
  const open = ignores.filter((one) => !ended.includes(one));
  const ignored: Ignored[] = [];
  const findings = scan.findings.filter((finding) => {
    const rule = open.find((one) => covers(one, finding));
    if (!rule) return true;
    const { reason, until } = rule;
    ignored.push({ id: finding.id, package: finding.package.purl, reason, until: until?.toISOString() ?? null });
    return false;
  });
  if (ignored.length > 0) context.note(`${ignored.length} findings are ignored, as the ignore file says.\n`);
  for (const one of ended)
    context.note(
      `The ignore of ${one.id ?? one.package ?? 'everything'} ended on ${one.until?.toISOString().slice(0, 10)}; it counts again.\n`,
    );
  const silent = open.filter((one) => one.reason === null || one.until === null).length;
  if (silent > 0) context.note(`${silent} ignores have no reason or no end; say why and until when.\n`);
  return { scan: { ...scan, findings, secrets }, ignored };
}

function leaveAllowed(
  context: Context,
  secrets: readonly Secret[],
  rules: readonly SecretAllow[],
  now: Date,
): Secret[] {
  const { left, allowed, expired, unused } = allowSecrets(secrets, rules, now.toISOString().slice(0, 10));
  const named = ({ kind, fingerprint, path }: SecretAllow) => kind ?? path ?? fingerprint?.slice(0, 12) ?? '';
  if (allowed.length > 0) context.note(`${allowed.length} secrets are allowed, as the ignore file says.\n`);
  for (const rule of expired)
    context.note(`The allowance of ${named(rule)} ended on ${rule.expires}; what it allowed counts again.\n`);
  for (const rule of unused) context.note(`The allowance of ${named(rule)} allows nothing here.\n`);
  return left;
}

function covers(rule: Ignore, { id, aliases, package: found, fixedVersion }: RankedFinding): boolean {
  if (rule.id !== null && rule.id !== id && !aliases.includes(rule.id)) return false;
  if (rule.fix !== null && (rule.fix === 'fixed') !== (fixedVersion !== null)) return false;
  if (rule.version !== null && rule.version !== found.version) return false;
  if (rule.type !== null && rule.type !== found.type) return false;
  if (rule.package === null) return true;
  // A purl without a version, or without qualifiers, stands for all of them.
  const names = rule.package.startsWith('pkg:')
    ? [found.purl, found.purl.split('?')[0] ?? '', (found.purl.split('?')[0] ?? '').replace(/@[^@/]*$/, '')]
    : [found.name];
  return names.some((name) => matches(rule.package ?? '', name));
}

function matches(pattern: string, text: string): boolean {
  const parts = pattern.split('*');
  const first = parts.shift() ?? '';
  const last = parts.pop();
  if (last === undefined) return text === first;
  if (!text.startsWith(first) || !text.endsWith(last) || text.length < first.length + last.length) return false;
  let at = first.length;
  for (const part of parts) {
    const next = text.indexOf(part, at);
    if (next < 0 || next + part.length > text.length - last.length) return false;
    at = next + part.length;
  }
  return true;
}
