/** pratique break-glass: in an emergency, lets labelled pods run that would be denied, for some hours. */
import { Exception } from '@pratique/contract';
import type { Command } from 'commander';
import { z } from 'zod';
import { addEnding } from '../account/add-ending.ts';
import { addReading } from '../account/add-reading.ts';
import { type Context, openServer, writeResult } from '../context.ts';
import { readCount } from '../exit.ts';
import { formatTable } from '../text.ts';

const collect = (value: string, before: string[]) => [...before, value];

type Open = {
  name?: string;
  namespace: string[];
  cluster: string[];
  reason: string;
  hours: string;
  json?: boolean;
};

export function addBreakGlass(program: Command, context: Context): void {
  const group = program
    .command('break-glass')
    .description('emergencies: labelled pods run although they would be denied; everybody hears of it');

  group
    .command('open')
    .description('open one, for some hours')
    .argument('<account>')
    .requiredOption('--namespace <pattern>', 'in these namespaces; may be repeated', collect, [])
    .option('--cluster <pattern>', 'in these clusters; may be repeated', collect, [])
    .requiredOption('--reason <text>', 'what the emergency is')
    .option('--hours <number>', 'until when, at most 72', '4')
    .option('--name <name>', 'the value of the label')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nExample:\n  pratique break-glass open vendor --namespace shop --reason "checkout is down, fix 1.4.2 has no verdict yet" --hours 2\n',
    )
    .action(async (account: string, options: Open) => {
      const { api } = await openServer(context);
      const body = {
        namespaces: options.namespace,
        ...(options.cluster.length > 0 ? { clusters: options.cluster } : {}),
        reason: options.reason,
        hours: readCount(options.hours, '--hours'),
        ...(options.name ? { name: options.name } : {}),
      };
      writeResult(
        context,
        options.json,
        await api.send('POST', `/accounts/${account}/break-glass`, body, Exception),
        (one) =>
          `${one.name} is open until ${one.expiresAt.slice(0, 16).replace('T', ' ')} UTC.\nLabel the pods, or the template that makes them:\n\n  labels:\n    pratique.dev/break-glass: ${one.name}\n\nEach use is an event and a line in the audit. Close it with: pratique break-glass close ${account} ${one.name}`,
      );
    });

  addEnding(group, context, {
    name: 'close',
    description: 'end one before its time',
    argument: ['<name>'],
    path: 'exceptions',
    result: (account, name) => ({ account, name, closed: true }),
    says: (name) => `${name} is closed.`,
  });

  addReading(group, context, {
    name: 'list',
    description: 'those that were opened',
    path: 'exceptions',
    schema: z.array(Exception).transform((all) => all.filter((one) => one.kind === 'break-glass')),
    show: (found) =>
      formatTable(
        ['NAME', 'STATE', 'BY', 'UNTIL', 'NAMESPACES', 'REASON'],
        found.map((one) => [
          one.name,
          one.state,
          one.owner,
          one.expiresAt.slice(0, 16).replace('T', ' '),
          (one.selector['namespaces'] as string[]).join(', '),
          one.reason,
        ]),
      ),
  });
}
