/** pratique revoke: takes an image out of service at once, or has it judged anew. */
import { Reinstated, Revocation, Revoked } from '@pratique/contract';
import type { Command } from 'commander';
import { z } from 'zod';
import { type Context, openServer, writeResult } from '../context.ts';
import { CliError, EXIT } from '../exit.ts';
import { readServerImage } from '../reference.ts';
import { formatTable } from '../text.ts';

type Options = { reason?: string; onlyHere?: boolean; lift?: boolean; list?: boolean; json?: boolean };

export function addRevoke(program: Command, context: Context): void {
  program
    .command('revoke')
    .argument('<image>', 'ACCOUNT/NAME[:tag|@digest]; with --lift and --list ACCOUNT')
    .argument('[digest]', 'with --lift: the digest')
    .description('take an image out of service at once, everywhere in the account')
    .option('--reason <text>', 'why; everybody reads it who is refused')
    .option('--only-here', 'only in this repository, not in all that hold the same image')
    .option('--lift', 'end a revocation; the image is then judged anew')
    .option('--list', 'list revocations')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  pratique revoke vendor/demo:1.4 --reason "built on a stolen runner"\n  pratique revoke --list vendor\n  pratique revoke --lift vendor sha256:… --reason "the runner was clean"\n\nThe next pod is refused within a second. Signatures are withdrawn and a denial is signed in the background;\ncopies elsewhere keep the signatures they were copied with, and are refused by whoever asks this server.\n',
    )
    .action(async (text: string, digest: string | undefined, options: Options) => {
      const { api } = await openServer(context);
      if (options.list) {
        const all = await api.get(`/accounts/${encodeURIComponent(text)}/revocations`, z.array(Revocation));
        return writeResult(context, options.json, all, describeList);
      }
      if (options.reason === undefined) throw new CliError(EXIT.usage, 'say why with --reason TEXT');
      if (options.lift) {
        if (digest === undefined)
          throw new CliError(EXIT.usage, 'name the digest: pratique revoke --lift ACCOUNT DIGEST');
        const lifted = await api.send(
          'POST',
          `/accounts/${encodeURIComponent(text)}/revocations/lift`,
          { digest, reason: options.reason },
          Reinstated,
        );
        return writeResult(
          context,
          options.json,
          lifted,
          (one) =>
            `${one.digest} is no longer revoked; ${one.judgedAnew.length > 0 ? `it is judged anew in ${one.judgedAnew.join(', ')}` : 'no repository holds it'}.`,
        );
      }
      const image = readServerImage(text, api.url);
      const body = {
        repository: image.repository,
        reference: image.reference,
        reason: options.reason,
        everywhere: options.onlyHere !== true,
      };
      const revoked = await api.send('POST', `/accounts/${image.account}/revocations`, body, Revoked);
      writeResult(context, options.json, revoked, describeRevoked);
    });
}

function describeRevoked(revoked: Revoked): string {
  const lines = [`${revoked.digest} is revoked.`];
  for (const verdict of revoked.verdicts) lines.push(`  refused from now on: ${verdict.repository}@${verdict.digest}`);
  if (revoked.verdicts.length === 0) lines.push('  no verdict on it was in force; one that comes will be a refusal');
  lines.push('Signatures are withdrawn in the background. Pods that run go on running: see pratique status.');
  return lines.join('\n');
}

const describeList = (all: Revocation[]): string =>
  formatTable(
    ['DIGEST', 'WHERE', 'BY', 'AT', 'LIFTED', 'REASON'],
    all.map((one) => [
      one.digest.slice(0, 19),
      one.repository ?? 'everywhere',
      one.by,
      one.at.slice(0, 16).replace('T', ' '),
      one.liftedAt ? `${one.liftedAt.slice(0, 10)} by ${one.liftedBy ?? ''}` : '–',
      one.reason,
    ]),
  );
