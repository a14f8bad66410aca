/** pratique chain: definitions, runs, approvals. */
import { resolve } from 'node:path';
import {
  CHAIN_TEMPLATES,
  type ChainDefinition,
  type ChainTemplate,
  ChainVersion,
  chainFromTemplate,
  ImageStatus,
  Overview,
  Run,
} from '@pratique/contract';
import type { Command } from 'commander';
import { dump, load } from 'js-yaml';
import { z } from 'zod';
import { addReading } from '../account/add-reading.ts';
import { type Context, openServer, writeResult } from '../context.ts';
import { CliError, EXIT } from '../exit.ts';
import { readText } from '../read-text.ts';
import { imagePath, readServerImage } from '../reference.ts';
import { formatTable } from '../text.ts';
import { waitForRun } from '../wait-for-run.ts';

export function addChain(program: Command, context: Context): void {
  const chain = program.command('chain').description('the delivery chain: define it, run it, approve');

  chain
    .command('run')
    .argument('<image>', 'ACCOUNT/NAME[:tag|@digest]')
    .description('run the chain on an image and wait for its end')
    .option('--no-wait', 'start it only')
    .option('--json', 'print JSON')
    .action(async (text: string, options: { wait: boolean; json?: boolean }) => {
      const { api } = await openServer(context);
      const image = readServerImage(text, api.url);
      const started = await api.send(
        'POST',
        `/accounts/${image.account}/runs`,
        { repository: image.repository, reference: image.reference },
        z.object({ outcome: z.string(), run: Run }),
      );
      const run = options.wait ? await waitForRun(api, image.account, started.run.id, context.progress) : started.run;
      writeResult(context, options.json, run, describeRun);
      if (run.state === 'denied') context.setExit(EXIT.denied);
      if (run.state === 'failed') context.setExit(EXIT.fault);
    });

  addReading(chain, context, {
    name: 'list',
    description: 'the chains of an account',
    path: 'chains',
    schema: z.array(ChainVersion),
    show: (all) =>
      formatTable(
        ['CHAIN', 'VERSION', 'REPOSITORIES', 'STEPS'],
        all.map((one) => [
          one.name,
          String(one.version),
          one.definition.repositories.join(' '),
          one.definition.steps.map((step) => step.name).join(' → '),
        ]),
      ),
  });

  chain
    .command('show')
    .argument('<account>')
    .argument('<chain>')
    .description('the definition as YAML, ready to edit and apply')
    .option('--json', 'print JSON, with its version')
    .action(async (account: string, name: string, options: { json?: boolean }) => {
      const { api } = await openServer(context);
      const found = (await api.get(`/accounts/${account}/chains`, z.array(ChainVersion))).find(
        (one) => one.name === name,
      );
      if (!found) throw new CliError(EXIT.fault, `${account} has no chain ${name}`);
      writeResult(context, options.json, found, (one) => dump(one.definition));
    });

  chain
    .command('template')
    .argument('<template>', CHAIN_TEMPLATES.join(', '))
    .option('--name <name>', 'of the chain', 'default')
    .option('--repositories <patterns>', 'which repositories it is for, separated by commas', '**')
    .option('--deliver-to <targets>', 'ACCOUNT/NAME[:tag], separated by commas')
    .option('--json', 'print JSON')
    .description('a chain to begin with, as YAML, ready to edit and apply')
    .action(async (template: string, options: TemplateOptions) => {
      const known = CHAIN_TEMPLATES.find((one) => one === template);
      if (!known)
        throw new CliError(EXIT.usage, `there is no template ${template}; there are ${CHAIN_TEMPLATES.join(', ')}`);
      const definition = fromTemplate(known, options);
      writeResult(context, options.json, definition, (one) => dump(one));
    });

  chain
    .command('apply')
    .argument('<account>')
    .argument('<file>', 'YAML; - for standard input')
    .description('define a chain, or a new version of it')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nExample:\n  pratique chain show vendor default > chain.yaml && $EDITOR chain.yaml && pratique chain apply vendor chain.yaml\n',
    )
    .action(async (account: string, file: string, options: { json?: boolean }) => {
      const { api } = await openServer(context);
      const text = file === '-' ? await context.readInput() : await readText(resolve(context.cwd, file));
      const name = readName(text);
      if (typeof name !== 'string') throw new CliError(EXIT.usage, 'the definition has no name');
      const stored = await api.send(
        'PUT',
        `/accounts/${account}/chains/${encodeURIComponent(name)}`,
        { definition: text },
        ChainVersion,
      );
      writeResult(context, options.json, stored, (one) => `${one.name} is now version ${one.version}.`);
    });

  addReading(chain, context, {
    name: 'waiting',
    description: 'steps that wait for people, the oldest first',
    path: 'overview',
    schema: Overview.transform(({ waiting }) => waiting),
    show: (all) =>
      all.length === 0
        ? 'Nothing waits for an approval.'
        : formatTable(
            ['IMAGE', 'STEP', 'APPROVALS', 'ASKED BY', 'SINCE', 'UNTIL'],
            all.map((one) => [
              one.tag === null ? `${one.repository}@${one.digest}` : `${one.repository}:${one.tag}`,
              one.step,
              `${one.given} of ${one.needed}`,
              one.requestedBy,
              `${one.since.slice(0, 16).replace('T', ' ')} UTC`,
              one.expiresAt === null ? '' : `${one.expiresAt.slice(0, 16).replace('T', ' ')} UTC`,
            ]),
          ),
  });

  for (const [verb, approve] of [
    ['approve', true],
    ['reject', false],
  ] as const)
    chain
      .command(verb)
      .argument('<image>', 'ACCOUNT/NAME[:tag|@digest] whose run waits')
      .requiredOption('--reason <text>', 'why')
      .option('--step <name>', 'the step, where several wait')
      .option('--json', 'print JSON')
      .description(`${verb} a step that waits for a person`)
      .action(async (text: string, options: { reason: string; step?: string; json?: boolean }) => {
        const { api } = await openServer(context);
        const image = readServerImage(text, api.url);
        const status = await api.get(imagePath(image), ImageStatus);
        const waiting = (status.chain.run?.steps ?? []).filter(
          (step) => step.state === 'waiting' && (options.step === undefined || step.name === options.step),
        );
        const [step] = waiting;
        if (!status.chain.run || !step || waiting.length > 1)
          throw new CliError(
            EXIT.usage,
            waiting.length > 1
              ? `several steps wait: ${waiting.map((one) => one.name).join(', ')}; name one with --step`
              : `no step of ${text} waits for approval`,
          );
        const run = await api.send(
          'POST',
          `/accounts/${image.account}/runs/${status.chain.run.id}/steps/${step.name}/approval`,
          { approve, reason: options.reason },
          Run,
        );
        writeResult(context, options.json, run, describeRun);
      });
}

type TemplateOptions = { name: string; repositories: string; deliverTo?: string; json?: boolean };

function fromTemplate(template: ChainTemplate, options: TemplateOptions): ChainDefinition {
  const listed = (text: string) => text.split(',').map((one) => one.trim());
  try {
    return chainFromTemplate(template, {
      name: options.name,
      repositories: listed(options.repositories),
      ...(options.deliverTo === undefined ? {} : { deliverTo: listed(options.deliverTo) }),
    });
  } catch (cause) {
    if (!(cause instanceof z.ZodError)) throw cause;
    throw new CliError(EXIT.usage, `this makes no chain: ${cause.issues[0]?.message ?? ''}`, { cause });
  }
}

function readName(yaml: string): unknown {
  try {
    return (load(yaml) as { name?: unknown } | null)?.name;
  } catch (cause) {
    throw new CliError(EXIT.usage, `the definition is not YAML: ${(cause as Error).message.split('\n')[0]}`, { cause });
  }
}

function describeRun(run: Run): string {
  return [
    `run ${run.id}: ${run.state}`,
    formatTable(
      ['STEP', 'STATE', 'WHAT CAME OUT'],
      run.steps.map((step) => [step.name, step.state, step.error ?? step.summary ?? '']),
    ),
  ].join('\n');
}
