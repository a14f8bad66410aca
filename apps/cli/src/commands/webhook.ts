/** pratique webhook: where an account's events go, and what did not arrive. */
import { Webhook, WebhookAnswer, WebhookDelivery } from '@pratique/contract';
import type { Command } from 'commander';
import { z } from 'zod';
import { addEnding } from '../account/add-ending.ts';
import { addReading } from '../account/add-reading.ts';
import { type Context, openServer, writeResult } from '../context.ts';
import { readCount } from '../exit.ts';
import { formatTable } from '../text.ts';

const collect = (value: string, before: string[]) => [...before, value];
type Json = { json?: boolean };
const pathOf = (account: string, name?: string) =>
  `/accounts/${encodeURIComponent(account)}/webhooks${name === undefined ? '' : `/${encodeURIComponent(name)}`}`;

export function addWebhook(program: Command, context: Context): void {
  const webhook = program
    .command('webhook')
    .description('where events go: signed CloudEvents, tried again until they arrive');

  webhook
    .command('create')
    .description('send events to an address; the signing key is shown once')
    .argument('<account>')
    .argument('<name>')
    .requiredOption('--url <url>', 'where to')
    .option('--type <pattern>', 'only these events, for example "verdict.*"; may be repeated', collect, [])
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nExample:\n  pratique webhook create vendor pager --url https://pager.example/hooks/1 --type "verdict.*" --type "break-glass.*"\n\nEvents are CloudEvents 1.0, signed as Standard Webhooks describes (headers webhook-id, webhook-timestamp, webhook-signature).\n',
    )
    .action(async (account: string, name: string, options: Json & { url: string; type: string[] }) => {
      const { api } = await openServer(context);
      const body = { name, url: options.url, ...(options.type.length > 0 ? { types: options.type } : {}) };
      const made = await api.send('POST', pathOf(account), body, WebhookAnswer);
      writeResult(
        context,
        options.json,
        made,
        (answer) =>
          `${answer.webhook.name} sends ${answer.webhook.types.join(', ')} to ${answer.webhook.origin}\nkey  ${answer.key ?? ''}\n\nThe key is shown this once. Try it: pratique webhook test ${account} ${name}`,
      );
    });

  addReading(webhook, context, {
    name: 'list',
    description: 'webhooks, and what is due or was given up',
    path: 'webhooks',
    schema: z.array(Webhook),
    show: (all) =>
      formatTable(
        ['NAME', 'TO', 'EVENTS', 'STATE', 'DUE', 'GIVEN UP', 'LAST ERROR'],
        all.map((one) => [
          one.name,
          one.origin,
          one.types.join(', '),
          one.enabled ? 'on' : (one.disabledReason ?? 'off'),
          String(one.due),
          String(one.dead),
          one.lastError ?? '–',
        ]),
      ),
  });

  webhook
    .command('test')
    .description('send one event to it')
    .argument('<account>')
    .argument('<name>')
    .option('--json', 'print JSON')
    .action(async (account: string, name: string, options: Json) => {
      const { api } = await openServer(context);
      const sent = await api.send(
        'POST',
        `${pathOf(account, name)}/test`,
        undefined,
        z.object({ delivery: z.number() }),
      );
      writeResult(
        context,
        options.json,
        sent,
        () => `A test is on its way. See: pratique webhook log ${account} ${name}`,
      );
    });

  webhook
    .command('log')
    .description('the latest deliveries')
    .argument('<account>')
    .argument('<name>')
    .option('--state <state>', 'due, delivered or dead')
    .option('--limit <number>', 'how many', '50')
    .option('--json', 'print JSON')
    .action(async (account: string, name: string, options: Json & { state?: string; limit: string }) => {
      const { api } = await openServer(context);
      const query = new URLSearchParams({ limit: String(readCount(options.limit, '--limit')) });
      if (options.state) query.set('state', options.state);
      const path = `${pathOf(account, name)}/deliveries?${query}`;
      writeResult(context, options.json, await api.get(path, z.array(WebhookDelivery)), (all) =>
        formatTable(
          ['ID', 'EVENT', 'TYPE', 'STATE', 'ATTEMPTS', 'STATUS', 'ERROR'],
          all.map((one) => [
            String(one.id),
            one.event === null ? 'test' : String(one.event),
            one.type,
            one.state === 'due' && one.nextAt ? `due ${one.nextAt.slice(11, 19)}` : one.state,
            String(one.attempts),
            String(one.lastStatus ?? '–'),
            one.lastError ?? '–',
          ]),
        ),
      );
    });

  webhook
    .command('resend')
    .description('send again what was given up')
    .argument('<account>')
    .argument('<name>')
    .option('--delivery <id>', 'only this one')
    .option('--json', 'print JSON')
    .action(async (account: string, name: string, options: Json & { delivery?: string }) => {
      const { api } = await openServer(context);
      const body = options.delivery === undefined ? {} : { delivery: readCount(options.delivery, '--delivery') };
      const again = await api.send('POST', `${pathOf(account, name)}/redelivery`, body, z.object({ due: z.number() }));
      writeResult(
        context,
        options.json,
        again,
        ({ due }) => `${due} ${due === 1 ? 'delivery is' : 'deliveries are'} due again.`,
      );
    });

  webhook
    .command('change')
    .description('another address, other events, another key, on or off')
    .argument('<account>')
    .argument('<name>')
    .option('--url <url>', 'where to')
    .option('--type <pattern>', 'only these events; may be repeated', collect, [])
    .option('--new-key', 'make another signing key')
    .option('--on', 'send again')
    .option('--off', 'send nothing, and forget what happens meanwhile')
    .option('--json', 'print JSON')
    .action(
      async (
        account: string,
        name: string,
        options: Json & { url?: string; type: string[]; newKey?: boolean; on?: boolean; off?: boolean },
      ) => {
        const { api } = await openServer(context);
        const body = {
          ...(options.url ? { url: options.url } : {}),
          ...(options.type.length > 0 ? { types: options.type } : {}),
          ...(options.newKey ? { newKey: true } : {}),
          ...(options.on || options.off ? { enabled: options.on === true } : {}),
        };
        writeResult(
          context,
          options.json,
          await api.send('PATCH', pathOf(account, name), body, WebhookAnswer),
          ({ webhook: one, key }) =>
            `${one.name} sends ${one.types.join(', ')} to ${one.origin}${one.enabled ? '' : ' (off)'}${key ? `\nkey  ${key}\n\nThe key is shown this once.` : ''}`,
        );
      },
    );

  addEnding(webhook, context, {
    name: 'remove',
    description: 'send nothing more',
    argument: ['<name>'],
    path: 'webhooks',
    result: (account, name) => ({ account, name, removed: true }),
    says: (name) => `${name} is removed.`,
  });
}
