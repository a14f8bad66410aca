/** pratique events: what happened, and what happens. */
import { FeedItem } from '@pratique/contract';
import type { Command } from 'commander';
import { z } from 'zod';
import { type Context, openServer } from '../context.ts';
import { readCount } from '../exit.ts';
import { visible } from '../text.ts';

const PAGE = 500;
const RECONNECT_MS = 1000;

export function addEvents(program: Command, context: Context): void {
  const events = program.command('events').description('the account’s events: what happened, and what happens');
  const write = (item: FeedItem, json: boolean | undefined) =>
    context.out(
      json
        ? `${JSON.stringify(item)}\n`
        : `${item.id.padStart(6)}  ${item.time.slice(0, 19).replace('T', ' ')}  ${item.type.replace('dev.pratique.', '').padEnd(20)}  ${visible(item.subject)}\n`,
    );

  events
    .command('list')
    .argument('<account>')
    .option('--after <number>', 'only events after this one', '0')
    .option('--json', 'one JSON object a line')
    .description('the account’s events, oldest first')
    .action(async (account: string, options: { after: string; json?: boolean }) => {
      const { api } = await openServer(context);
      for (let after = readCount(options.after, '--after'), more = true; more; ) {
        const page = await api.get(`/accounts/${account}/events?after=${after}&limit=${PAGE}`, z.array(FeedItem));
        for (const item of page) write(item, options.json);
        after = Number(page.at(-1)?.id ?? after);
        more = page.length === PAGE;
      }
    });

  events
    .command('tail')
    .argument('<account>')
    .option('--after <number>', 'begin after this one, not with what happens next')
    .option('--type <pattern>', 'only these types, for example verdict or admission.denied')
    .option('--json', 'one JSON object a line')
    .description('events as they happen, until interrupted; goes on by itself when the connection breaks')
    .action(async (account: string, options: { after?: string; type?: string; json?: boolean }) => {
      const { api } = await openServer(context);
      let after = options.after === undefined ? null : readCount(options.after, '--after');
      const wanted = options.type === undefined ? null : `dev.pratique.${options.type}`;
      for (;;) {
        const query = after === null ? '' : `?after=${after}`;
        for await (const { data } of api.stream(`/accounts/${account}/events/stream${query}`, (id) => {
          after = id;
        })) {
          const item = FeedItem.parse(JSON.parse(data));
          if (wanted === null || item.type === wanted || item.type.startsWith(`${wanted}.`)) write(item, options.json);
        }
        context.note('the connection ended; it is opened again');
        await new Promise((resolve) => setTimeout(resolve, RECONNECT_MS));
      }
    });
}
