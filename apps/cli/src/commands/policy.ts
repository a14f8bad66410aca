/** pratique policy: what the gate and admission of an account ask for. */
import { resolve } from 'node:path';
import { PolicyBundleInfo } from '@pratique/contract';
import type { Command } from 'commander';
import { addReading } from '../account/add-reading.ts';
import { type Context, openServer, writeResult } from '../context.ts';
import { readText } from '../read-text.ts';
import { formatTable } from '../text.ts';

export function addPolicy(program: Command, context: Context): void {
  const policy = program.command('policy').description('the policies of an account');
  const table = (info: PolicyBundleInfo) =>
    `version ${info.version} (${info.digest})\n${formatTable(
      ['CONSTRAINT', 'ACTION', 'TARGET', 'WHAT'],
      info.constraints.map((one) => [
        one.name,
        one.action,
        one.target.startsWith('image') ? 'image' : 'kubernetes',
        one.title,
      ]),
    )}${availableOf(info)}`;

  addReading(policy, context, {
    name: 'show',
    description: 'the policies in force',
    path: 'policy',
    schema: PolicyBundleInfo,
    show: table,
  });

  policy
    .command('apply')
    .argument('<account>')
    .argument('<file>', 'ConstraintTemplates and constraints as YAML; - for standard input')
    .option('--json', 'print JSON')
    .description('add or replace templates and constraints; a constraint with enforcementAction "off" is removed')
    .action(async (account: string, file: string, options: { json?: boolean }) => {
      const { api } = await openServer(context);
      const yaml = file === '-' ? await context.readInput() : await readText(resolve(context.cwd, file));
      writeResult(
        context,
        options.json,
        await api.send('PUT', `/accounts/${account}/policy`, { yaml }, PolicyBundleInfo),
        table,
      );
    });
}

/** Presets that are not on, each turned on by a constraint of its kind. */
function availableOf({ available = [] }: PolicyBundleInfo): string {
  if (available.length === 0) return '';
  return `\n\nNot on: ${available.map((one) => `${one.template} (${one.title})`).join(', ')}. A constraint of that kind turns one on: pratique policy apply`;
}
