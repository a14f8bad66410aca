/** pratique exception: accepted risks, each with an owner, a reason, an approver and an end. */
import { Exception } from '@pratique/contract';
import type { Command } from 'commander';
import { z } from 'zod';
import { addEnding } from '../account/add-ending.ts';
import { addReading } from '../account/add-reading.ts';
import { type Named, selectorOf } from '../account/exception-selector.ts';
import { type Context, openServer, writeResult } from '../context.ts';
import { readCount } from '../exit.ts';
import { formatTable } from '../text.ts';

type Request = Named & {
  repository: string[];
  reason: string;
  days: string;
  name?: string;
  json?: boolean;
};

/** Parts of selectors that say what they are about, in the order of reading. */
const ABOUT = ['id', 'package', 'constraint', 'kind', 'fingerprint', 'rule', 'check', 'path', 'sha256'];

export function addException(program: Command, context: Context): void {
  const exception = program
    .command('exception')
    .description('accepted risks: requested by one person, approved by another');
  const about = ({ selector }: Exception) =>
    ABOUT.map((key) => selector[key])
      .filter((part) => typeof part === 'string')
      .join(' ');
  const table = (all: Exception[]) =>
    formatTable(
      ['NAME', 'ABOUT', 'STATE', 'OWNER', 'APPROVER', 'UNTIL', 'REASON'],
      all.map((one) => [
        one.name,
        about(one),
        one.state,
        one.owner,
        one.approver ?? '–',
        one.expiresAt.slice(0, 10),
        one.reason,
      ]),
    );

  exception
    .command('request')
    .description('ask to accept a risk for a time')
    .argument('<account>')
    .option('--id <advisory>', 'a finding, by its CVE or advisory id')
    .option('--constraint <name>', 'a policy, by the name of its constraint')
    .option('--package <name>', 'only in this package')
    .option('--secret <fingerprint>', 'one secret, wherever it is')
    .option('--secret-kind <kind>', 'secrets of a kind, all of whose places are at --path')
    .option('--malware <rule>', 'matches of a malware rule, at --path or in the content of --sha256')
    .option('--check <id>', 'a check of the baseline')
    .option('--path <pattern>', 'of files: * within a part, ** across parts')
    .option('--sha256 <digest>', 'of a content: 64 hexadecimal digits')
    .option(
      '--repository <pattern>',
      'only in these repositories; may be repeated',
      (value: string, before: string[]) => [...before, value],
      [],
    )
    .requiredOption('--reason <text>', 'why the risk is accepted')
    .option('--days <number>', 'until when', '30')
    .option('--name <name>', 'a name of its own')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nExample:\n  pratique exception request vendor --id CVE-2024-0001 --repository "web/**" --reason "not reachable: no listener" --days 14\n  pratique exception request vendor --secret 5f2c... --reason "a key of the test system, rotated daily" --days 30\n',
    )
    .action(async (account: string, options: Request) => {
      const repositories = options.repository.length > 0 ? options.repository : ['**'];
      const { kind, selector } = selectorOf(options);
      const { api } = await openServer(context);
      const body = {
        kind,
        selector: { ...selector, repositories },
        reason: options.reason,
        days: readCount(options.days, '--days'),
        ...(options.name ? { name: options.name } : {}),
      };
      writeResult(
        context,
        options.json,
        await api.send('POST', `/accounts/${account}/exceptions`, body, Exception),
        (one) => `${table([one])}\n\nAsk a maintainer to approve it: pratique exception approve ${account} ${one.name}`,
      );
    });

  exception
    .command('approve')
    .description('accept the risk; by another person than the one who asked')
    .argument('<account>')
    .argument('<name>')
    .option('--json', 'print JSON')
    .action(async (account: string, name: string, options: { json?: boolean }) => {
      const { api } = await openServer(context);
      writeResult(
        context,
        options.json,
        await api.send(
          'POST',
          `/accounts/${account}/exceptions/${encodeURIComponent(name)}/approval`,
          undefined,
          Exception,
        ),
        (one) => `${table([one])}\n\nImages that it concerns are judged anew by themselves.`,
      );
    });

  exception
    .command('reject')
    .description('refuse a request')
    .argument('<account>')
    .argument('<name>')
    .requiredOption('--reason <text>', 'why; the one who asked reads it')
    .option('--json', 'print JSON')
    .action(async (account: string, name: string, options: { reason: string; json?: boolean }) => {
      const { api } = await openServer(context);
      const path = `/accounts/${account}/exceptions/${encodeURIComponent(name)}/rejection`;
      const rejected = await api.send('POST', path, { reason: options.reason }, Exception);
      writeResult(context, options.json, rejected, (one) => table([one]));
    });

  addEnding(exception, context, {
    name: 'withdraw',
    description: 'end an accepted risk before its time',
    argument: ['<name>'],
    path: 'exceptions',
    result: (account, name) => ({ account, name, withdrawn: true }),
    says: (name) => `${name} is withdrawn.`,
  });

  addReading(exception, context, {
    name: 'list',
    description: 'accepted risks, and requests for them',
    path: 'exceptions',
    schema: z.array(Exception),
    show: table,
  });
}
