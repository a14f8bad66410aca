/** A subcommand that ends one thing of an account: `pratique robot revoke ACCOUNT NAME`. */
import type { Command } from 'commander';
import { z } from 'zod';
import { type Context, openServer, writeResult } from '../context.ts';
import { accountPath } from './account-path.ts';

export type Ending = {
  name: string;
  description: string;
  /** What names the thing, with a description where it says more: `['<host>', 'HOST or HOST:PORT']`. */
  argument: readonly [name: string, description?: string];
  /** Below the account, what the server calls the things: `robots`. */
  path: string;
  /** What programs get. */
  result: (account: string, which: string) => object;
  /** What people read. */
  says: (which: string) => string;
};

export function addEnding(
  group: Command,
  context: Context,
  { name, description, argument, path, result, says }: Ending,
): void {
  group
    .command(name)
    .description(description)
    .argument('<account>')
    .argument(...argument)
    .option('--json', 'print JSON')
    .action(async (account: string, which: string, options: { json?: boolean }) => {
      const { api } = await openServer(context);
      await api.send('DELETE', accountPath(account, path, which), undefined, z.null());
      writeResult(context, options.json, result(account, which), () => says(which));
    });
}
