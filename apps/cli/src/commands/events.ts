/** pratique events: what happened, and what happens. */
import { FeedItem } from '@pratique/contract';
import type { Command } from 'commander';
import { z } from 'zod';
import { type Context, openServer } from '../context.ts';
import { readCount } from '../exit.ts';

const PAGE = 500;

export function addEvents(program: Command, context: Context): void {
  program
    .command('events')
    .argument('<account>')
    .option('--after <number>', 'only events after this one', '0')
    .option('--follow', 'go on as they happen')
    .option('--json', 'one JSON object a line')
    .description('the account’s events, oldest first')
    .action(async (account: string, options: { after: string; follow?: boolean; json?: boolean }) => {
      const { api } = await openServer(context);
      for (let after = readCount(options.after, '--after'); ; ) {
        const page = await api.get(`/accounts/${account}/events?after=${after}&limit=${PAGE}`, z.array(FeedItem));
        for (const item of page) {
          after = Number(item.id);
          context.out(
            options.json
              ? `${JSON.stringify(item)}\n`
              : `${item.id.padStart(6)}  ${item.time.slice(0, 19).replace('T', ' ')}  ${item.type.replace('dev.pratique.', '').padEnd(20)}  ${item.subject}\n`,
          );
        }
        if (page.length < PAGE && !options.follow) return;
        if (page.length < PAGE) await new Promise((resolve) => setTimeout(resolve, 500));
      }
    });
}
