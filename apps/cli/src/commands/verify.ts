/** pratique verify: is the image signed by this key? Needs no account beyond the right to pull. */
import { resolve } from 'node:path';
import { isDigest } from '@pratique/contract';
import type { Command } from 'commander';
import { type Context, writeResult } from '../context.ts';
import { CliError, EXIT } from '../exit.ts';
import { openSource } from '../place.ts';
import { readText } from '../read-text.ts';

type Options = { key: string[]; predicate: string[]; json?: boolean };
const collect = (value: string, before: string[]) => [...before, value];

export function addVerify(program: Command, context: Context): void {
  program
    .command('verify')
    .argument('<image>', 'a reference, oci:DIR[:TAG]')
    .description('verify that a trusted key signed the image')
    .requiredOption('--key <file>', 'public key in PEM; may be repeated', collect, [])
    .option('--predicate <type>', 'an attestation of this type is required too; may be repeated', collect, [])
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nExample:\n  pratique key export vendor > vendor.pub\n  pratique verify customer/demo:patched --key vendor.pub\n',
    )
    .action(async (text: string, options: Options) => {
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
    });
}
