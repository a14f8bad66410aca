/** pratique verify: is the image signed by whom it must be? Needs no account beyond the right to pull. */
import { resolve } from 'node:path';
import { isDigest } from '@pratique/contract';
import type { Command } from 'commander';
import { type Context, writeResult } from '../context.ts';
import { CliError, EXIT } from '../exit.ts';
import { openSource } from '../place.ts';
import { readText } from '../read-text.ts';
import { verifyByPolicy } from '../trust/verify-by-policy.ts';

type Options = {
  key: string[];
  predicate: string[];
  policy?: string;
  account?: string;
  as?: string;
  json?: boolean;
};
const collect = (value: string, before: string[]) => [...before, value];

export function addVerify(program: Command, context: Context): void {
  program
    .command('verify')
    .argument('<image>', 'a reference, oci:DIR[:TAG]')
    .description('verify that the image is signed: by a key, or as a trust policy asks')
    .option('--key <file>', 'public key in PEM; may be repeated', collect, [])
    .option(
      '--predicate <type>',
      'with --key: an attestation of this type is required too; may be repeated',
      collect,
      [],
    )
    .option('--policy <file>', 'a trust policy in YAML')
    .option('--account <name>', 'the trust policy of this account; the only one of yours where none is named')
    .option('--as <image>', 'with a policy: the name that its rules are matched against')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  pratique key export vendor > vendor.pub\n  pratique verify customer/demo:patched --key vendor.pub\n  pratique verify ghcr.io/acme/app:v1 --policy trust.yaml\n  pratique verify oci:app --as ghcr.io/acme/app --account customer\n',
    )
    .action(async (text: string, options: Options) => {
      if (options.key.length > 0 && (options.policy || options.account))
        throw new CliError(EXIT.usage, 'verify either by --key or by a trust policy (--policy, --account)');
      if (options.key.length === 0) {
        if (options.predicate.length > 0)
          throw new CliError(EXIT.usage, '--predicate goes with --key; a policy names its own');
        return verifyByPolicy(context, text, options);
      }
      return verifyByKeys(context, text, options);
    });
}

async function verifyByKeys(context: Context, text: string, options: Options): Promise<void> {
  const keys = await Promise.all(options.key.map((file) => readText(resolve(context.cwd, file))));
  const { SignError, verifyImage } = await import('@pratique/sign');
  const { source, reference, close } = await openSource(context, text);
  try {
    const digest = isDigest(reference) ? reference : (await source.manifest(reference)).digest;
    const verified = await verifyImage({ digest, source, trust: { keys }, predicates: options.predicate });
    writeResult(context, options.json, verified, (value) =>
      [
        `${value.digest} is signed`,
        ...value.signatures.map((one) => `  by ${one.signer}`),
        ...value.attestations.map((one) => `  attested ${one.predicateType} by ${one.signer}`),
      ].join('\n'),
    );
  } catch (error) {
    if (error instanceof SignError && error.code !== 'source-failed' && error.code !== 'key-invalid')
      throw new CliError(EXIT.denied, `${text} is not verified: ${error.message}`);
    throw error;
  } finally {
    await close();
  }
}
