/** Verifies an image on this machine by the trust policy that admission would use. */
import { AccountSummary, SigningKey, type TrustPolicy, TrustPolicyInfo } from '@pratique/contract';
import { z } from 'zod';
import { type Context, openServer, writeResult } from '../context.ts';
import { CliError, EXIT } from '../exit.ts';
import { openSource } from '../place.ts';
import { isOnServer, readReference } from '../reference.ts';
import { readConnection } from '../settings.ts';
import { describeRules } from './describe-trust.ts';
import { readPolicyFile } from './read-policy-file.ts';

type Options = { policy?: string; account?: string; as?: string; json?: boolean };

/** @throws CliError denied, usage */
export async function verifyByPolicy(context: Context, text: string, options: Options): Promise<void> {
  const sign = await import('@pratique/sign');
  try {
    const policy = sign.compileTrustPolicy(...(await readPolicy(context, options)));
    const image = sign.canonicalImage(options.as ?? (await nameOf(context, text)));
    const { source, reference, close } = await openSource(context, mirrored(sign, policy.policy, text));
    try {
      const manifest = await source.manifest(reference);
      const decision = sign.evaluateTrust(policy, image, await sign.collectEvidence(source, manifest));
      if (decision.outcome === 'unmatched')
        throw new CliError(EXIT.denied, `${text} is not verified: no rule of the policy is about ${image.name}`);
      const result = { digest: manifest.digest, name: image.name, ...decision };
      writeResult(context, options.json, result, (value) =>
        [`${value.name}@${value.digest} is ${value.outcome}`, describeRules(value.rules)].join('\n'),
      );
      if (decision.outcome === 'refused')
        throw new CliError(EXIT.denied, `${text} is not verified: ${decision.reasons.slice(0, 3).join('; ')}`);
    } finally {
      await close();
    }
  } catch (error) {
    if (error instanceof sign.SignError && error.code === 'policy-invalid')
      throw new CliError(EXIT.usage, error.message, { cause: error });
    throw error;
  }
}

/** The policy with the keys of accounts that it names, as far as this user may see them. */
async function readPolicy(context: Context, options: Options): Promise<[unknown, Record<string, string[]>]> {
  const { namedAccounts, parseTrustPolicy } = await import('@pratique/sign');
  const policy = parseTrustPolicy(
    options.policy ? await readPolicyFile(options.policy, context.cwd) : await ofAccount(context, options.account),
  );
  const keys: Record<string, string[]> = {};
  for (const account of namedAccounts(policy)) {
    const { api } = await openServer(context);
    const found = await api.get(`/accounts/${encodeURIComponent(account)}/keys`, z.array(SigningKey));
    keys[account] = found.map((key) => key.publicPem);
  }
  return [policy, keys];
}

async function ofAccount(context: Context, named: string | undefined): Promise<TrustPolicy> {
  const connection = await readConnection(context.env);
  if (!connection.authorization)
    throw new CliError(
      EXIT.usage,
      'say whom to trust: --key FILE, or --policy FILE, or sign in for the policy of an account',
    );
  const { api } = await openServer(context);
  const account = named ?? (await onlyAccount(api));
  const info = await api.get(`/accounts/${encodeURIComponent(account)}/trust-policy`, TrustPolicyInfo);
  if (info.policy) return info.policy;
  throw new CliError(
    EXIT.usage,
    `${account} has no trust policy; set one (pratique trust set) or name --key or --policy`,
  );
}

async function onlyAccount(api: Awaited<ReturnType<typeof openServer>>['api']): Promise<string> {
  const accounts = await api.get('/accounts', z.array(AccountSummary));
  const [first, ...more] = accounts;
  if (first && more.length === 0) return first.name;
  throw new CliError(
    EXIT.usage,
    first
      ? `whose trust policy? You belong to ${accounts.map((one) => one.name).join(', ')}: name one with --account`
      : 'you belong to no account: name --key or --policy',
  );
}

/** How the image is called in full. @throws CliError usage for a place without a name */
async function nameOf(context: Context, text: string): Promise<string> {
  if (/^(oci|docker-archive):/.test(text))
    throw new CliError(EXIT.usage, `${text} has no name for the policy’s rules: give one with --as HOST/NAME`);
  const reference = readReference(text);
  const { url } = await readConnection(context.env);
  return reference.host === null && isOnServer(reference, url) ? `${new URL(url).host}/${text}` : text;
}

/** The policy's mirror stands in for the registry, as it does for the server. */
function mirrored(sign: typeof import('@pratique/sign'), policy: TrustPolicy, text: string): string {
  if (/^(oci|docker-archive):/.test(text) || policy.mirrors.length === 0 || readReference(text).host === null)
    return text;
  const image = sign.canonicalImage(text);
  const { host, repository } = sign.fetchLocation(policy, image);
  if (`${host}/${repository}` === image.name || host === 'registry-1.docker.io') return text;
  return `${host}/${repository}${image.tag ? `:${image.tag}` : ''}${image.digest ? `@${image.digest}` : ''}`;
}
