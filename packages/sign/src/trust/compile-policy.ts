/** A trust policy made ready: keys read, roots read, expressions compiled; everything that is wrong is told before it counts. */
import {
  type Authority,
  type CertificateExtensions,
  type IdentityMatcher,
  type Requirement,
  TrustPolicy,
} from '@pratique/contract';
import { canonicalDigest } from '@pratique/contract/canonical-digest';
import type { TrustMaterial } from '@sigstore/verify';
import { RE2JS } from 're2js';
import { SignError } from '../error.ts';
import { type PublicKey, readPublicKey } from '../key.ts';
import { explainIssue } from './explain-issue.ts';
import { readTrustedRoot } from './trusted-root.ts';

export type Matcher = { text: string; matches(value: string): boolean };

export type CompiledAuthority = {
  /** Equal for authorities that are the same whatever they are called. */
  id: string;
  /** How reasons call it. */
  label: string;
} & (
  | { kind: 'key'; keys: PublicKey[]; log: TrustMaterial | null }
  | {
      kind: 'keyless';
      issuer: string;
      subject: Matcher;
      extensions: { name: keyof CertificateExtensions; matcher: Matcher }[];
      root: TrustMaterial;
      log: boolean;
      certificateLog: boolean;
    }
);

export type CompiledRequirement = { authorities: CompiledAuthority[]; atLeast: number };
export type CompiledRule = {
  name: string;
  images: string[];
  except: string[];
  tags: { allow: string[] | null; requireDigest: boolean };
  signatures: CompiledRequirement | null;
  predicates: { type: string; requirement: CompiledRequirement }[];
};
export type CompiledTrustPolicy = {
  policy: TrustPolicy;
  /** Over the policy and the keys of accounts that it was compiled with. */
  digest: string;
  rules: CompiledRule[];
};

/** Keys in PEM of accounts that `account:NAME` may mean. */
export type AccountKeys = Readonly<Record<string, readonly string[]>>;

/** The document itself. @throws SignError `policy-invalid`, naming the place and what is wrong there */
export function parseTrustPolicy(document: unknown): TrustPolicy {
  const parsed = TrustPolicy.safeParse(document);
  if (parsed.success) return parsed.data;
  throw new SignError('policy-invalid', `the trust policy is invalid at ${explainIssue(parsed.error.issues[0])}`);
}

/** Accounts whose keys the policy names. */
export function namedAccounts(policy: TrustPolicy): string[] {
  const keys = policy.rules
    .flatMap((rule) => [rule.authorities, ...rule.predicates.map((one) => one.authorities)])
    .flatMap((requirement) => (requirement ? listOf(requirement) : []))
    .flatMap((authority) => ('key' in authority ? [authority.key] : []));
  const accounts = keys.filter((key) => key.startsWith('account:')).map((key) => key.slice('account:'.length));
  return [...new Set(accounts)].sort();
}

/** @throws SignError `policy-invalid`, naming the rule */
export function compileTrustPolicy(document: unknown, accountKeys: AccountKeys = {}): CompiledTrustPolicy {
  const policy = parseTrustPolicy(document);
  const roots = new Map(Object.entries(policy.trustedRoots).map(([name, root]) => [name, readTrustedRoot(name, root)]));
  const names = new Set<string>();
  const rules = policy.rules.map((rule, at): CompiledRule => {
    const where = `rules.${at} (${rule.name})`;
    if (names.has(rule.name)) throw invalid(where, 'another rule has this name');
    names.add(rule.name);
    const compile = (requirement: Requirement, part: string) =>
      compileRequirement(requirement, `${where}.${part}`, policy, roots, accountKeys);
    return {
      name: rule.name,
      images: rule.images,
      except: rule.except,
      tags: { allow: rule.tags?.allow ?? null, requireDigest: rule.tags?.requireDigest ?? false },
      signatures: rule.authorities ? compile(rule.authorities, 'authorities') : null,
      predicates: rule.predicates.map((one, index) => ({
        type: one.type,
        requirement: compile(one.authorities, `predicates.${index}.authorities`),
      })),
    };
  });
  const used = Object.fromEntries(namedAccounts(policy).map((name) => [name, [...(accountKeys[name] ?? [])].sort()]));
  return { policy, digest: canonicalDigest({ policy, used }), rules };
}

function compileRequirement(
  requirement: Requirement,
  where: string,
  policy: TrustPolicy,
  roots: ReadonlyMap<string, TrustMaterial>,
  accountKeys: AccountKeys,
): CompiledRequirement {
  const compiled = listOf(requirement).map((one, at) =>
    'key' in one
      ? compileKey(one, `${where}.${at}`, policy, roots, accountKeys)
      : compileKeyless(one, `${where}.${at}`, roots),
  );
  // The same authority under two names is one: otherwise one signature would count twice.
  const authorities = [...new Map(compiled.map((one) => [one.id, one])).values()];
  const atLeast = 'allOf' in requirement ? authorities.length : 'anyOf' in requirement ? 1 : requirement.atLeast;
  if (atLeast > authorities.length)
    throw invalid(where, `asks for ${atLeast} of ${authorities.length} different authorities`);
  return { authorities, atLeast };
}

type KeyAuthority = Extract<Authority, { key: string }>;

function compileKey(
  authority: KeyAuthority,
  where: string,
  policy: TrustPolicy,
  roots: ReadonlyMap<string, TrustMaterial>,
  accountKeys: AccountKeys,
): CompiledAuthority {
  const keys = pemsOf(authority.key, where, policy, accountKeys).map((pem) => {
    try {
      return readPublicKey(pem);
    } catch (cause) {
      throw invalid(where, (cause as Error).message, cause);
    }
  });
  const log = authority.log ? rootNamed(authority.log.trustedRoot, where, roots) : null;
  const fingerprints = keys.map((key) => key.fingerprint).sort();
  const isName = !authority.key.includes('-----BEGIN');
  return {
    kind: 'key',
    id: JSON.stringify([fingerprints, authority.log ?? null]),
    label: authority.name ?? (isName ? `key ${authority.key}` : `key ${fingerprints[0]?.slice(0, 19)}…`),
    keys,
    log,
  };
}

function pemsOf(key: string, where: string, policy: TrustPolicy, accountKeys: AccountKeys): readonly string[] {
  if (key.includes('-----BEGIN')) return [key];
  if (key.startsWith('account:')) {
    const name = key.slice('account:'.length);
    const known = Object.hasOwn(accountKeys, name) ? (accountKeys[name] ?? []) : [];
    if (known.length > 0) return known;
    throw invalid(
      where,
      `there are no keys of an account ${name} here: it is neither yours nor one that delivers to you`,
    );
  }
  const named = Object.hasOwn(policy.keys, key) ? policy.keys[key] : undefined;
  if (named !== undefined) return [named];
  throw invalid(where, `${JSON.stringify(key.slice(0, 100))} is neither a key in PEM nor a name in "keys"`);
}

type KeylessAuthority = Extract<Authority, { keyless: object }>;

function compileKeyless(
  { name, keyless }: KeylessAuthority,
  where: string,
  roots: ReadonlyMap<string, TrustMaterial>,
): CompiledAuthority {
  const extensions = Object.entries(keyless.extensions ?? {}).flatMap(([extension, matcher]) =>
    matcher === undefined
      ? []
      : [{ name: extension as keyof CertificateExtensions, matcher: compileMatcher(matcher, `${where}.${extension}`) }],
  );
  const subject = compileMatcher(keyless.subject, `${where}.keyless.subject`);
  return {
    kind: 'keyless',
    id: JSON.stringify([keyless, keyless.trustedRoot]),
    label: name ?? `${subject.text} of ${keyless.issuer}`,
    issuer: keyless.issuer,
    subject,
    extensions,
    root: rootNamed(keyless.trustedRoot, where, roots),
    log: keyless.log === 'required',
    certificateLog: keyless.certificateLog === 'required',
  };
}

/** RE2 takes linear time whatever the expression and the text; it has to match all of the text. */
function compileMatcher(matcher: IdentityMatcher, where: string): Matcher {
  if (typeof matcher === 'string') return { text: matcher, matches: (value) => value === matcher };
  try {
    const expression = RE2JS.compile(matcher.regExp);
    return { text: `/${matcher.regExp}/`, matches: (value) => expression.matches(value) };
  } catch (cause) {
    throw invalid(
      where,
      `${JSON.stringify(matcher.regExp.slice(0, 100))} is no RE2 expression: ${(cause as Error).message}`,
      cause,
    );
  }
}

function rootNamed(name: string, where: string, roots: ReadonlyMap<string, TrustMaterial>): TrustMaterial {
  const root = roots.get(name);
  if (root) return root;
  throw invalid(where, `there is no trusted root ${name}; put one into "trustedRoots"`);
}

function listOf(requirement: Requirement): Authority[] {
  if ('anyOf' in requirement) return requirement.anyOf;
  return 'allOf' in requirement ? requirement.allOf : requirement.of;
}

function invalid(where: string, why: string, cause?: unknown): SignError {
  return new SignError('policy-invalid', `the trust policy is invalid at ${where}: ${why}`, { cause });
}
