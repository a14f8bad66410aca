/** A subcommand that shows one thing of an account: `pratique robot list ACCOUNT`. */
import type { Command } from 'commander';
import type { z } from 'zod';
import { type Context, openServer, writeResult } from '../context.ts';
import { accountPath } from './account-path.ts';

export type Reading<T> = {
  name: string;
  description: string;
  /** Below the account, what the server calls it: `robots`. */
  path: string;
  schema: z.ZodType<T>;
  /** For people; programs get JSON. */
  show: (value: T) => string;
};

export function addReading<T>(
  group: Command,
  context: Context,
  { name, description, path, schema, show }: Reading<T>,
): void {
  group
    .command(name)
    .description(description)
    .argument('<account>')
    .option('--json', 'print JSON')
    .action(async (account: string, options: { json?: boolean }) => {
      const { api } = await openServer(context);
      writeResult(context, options.json, await api.get(accountPath(account, path), schema), show);
    });
}
