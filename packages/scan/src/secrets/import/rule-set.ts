/** What an imported file of rules gives, and what of it cannot be carried over. */
import type { UserRule } from './user-rule.ts';

export type RuleSet = {
  rules: UserRule[];
  /** Kinds of the catalog that the file turns off. */
  disabled: string[];
  /** Where the file names kinds that alone shall count, those of the catalog; null: all. */
  enabled: string[] | null;
  /** What was not carried over, with the reason; `rule` null: of the whole file. */
  left: { rule: string | null; what: string; reason: string }[];
};

const MAX_RULES = 1000;
export const MAX_DOCUMENT_BYTES = 2 * 1024 * 1024;

/** Other tools' names of kinds that the catalog calls otherwise. */
const ALIASES: Readonly<Record<string, readonly string[]>> = {
  'github-pat': ['github-personal-access-token'],
  'github-oauth': ['github-oauth-token'],
  'github-app-token': ['github-installation-token', 'github-user-token'],
  'github-fine-grained-pat': ['github-fine-grained-token'],
  'gitlab-pat': ['gitlab-personal-access-token', 'gitlab-routable-token'],
  'aws-access-token': ['aws-access-key-id', 'aws-temporary-key-id'],
  'private-key': [
    'private-key',
    'rsa-private-key',
    'ec-private-key',
    'dsa-private-key',
    'openssh-private-key',
    'pgp-private-key',
  ],
  jwt: ['json-web-token'],
  'jwt-token': ['json-web-token'],
  'stripe-access-token': ['stripe-secret-key', 'stripe-restricted-key', 'stripe-test-key'],
  'stripe-secret-token': ['stripe-secret-key', 'stripe-restricted-key'],
  'slack-access-token': ['slack-bot-token', 'slack-user-token', 'slack-legacy-token'],
  'slack-web-hook': ['slack-webhook'],
  'slack-webhook-url': ['slack-webhook'],
  'gcp-service-account': ['google-service-account-key'],
  'gcp-api-key': ['google-api-key'],
  'docker-config-secret': ['registry-login'],
  'pypi-upload-token': ['pypi-api-token'],
  'npm-access-token': ['npm-access-token'],
  'sendgrid-api-token': ['sendgrid-api-key'],
  'telegram-bot-api-token': ['telegram-bot-token'],
  'hugging-face-access-token': ['huggingface-token'],
};

/** The catalog's kinds by a name of another tool; none where it has no such kind. */
export function kindsNamed(name: string, catalog: ReadonlySet<string>): string[] {
  return (ALIASES[name] ?? [name]).filter((id) => catalog.has(id));
}

export function sentence(error: unknown): string {
  return error instanceof Error ? error.message.slice(0, 300) : 'unknown error';
}

/** The rules that are read; how many there are beyond them is said. */
export function eachRule(set: RuleSet, rules: readonly unknown[], add: (raw: unknown, at: number) => void): void {
  for (const [at, raw] of rules.slice(0, MAX_RULES).entries()) add(raw, at);
  if (rules.length > MAX_RULES)
    set.left.push({ rule: null, what: 'rules', reason: `${rules.length} rules, of which ${MAX_RULES} were read` });
}
