/** pratique contract: what one account may deliver to another. */
import { Contract } from '@pratique/contract';
import type { Command } from 'commander';
import { z } from 'zod';
import { addEnding } from '../account/add-ending.ts';
import { addReading } from '../account/add-reading.ts';
import { type Context, openServer, writeResult } from '../context.ts';
import { formatTable } from '../text.ts';

export function addContract(program: Command, context: Context): void {
  const contract = program
    .command('contract')
    .description('agreements under which images are delivered between accounts');
  const row = (one: Contract) => [
    one.id,
    `${one.from} → ${one.to}`,
    one.state,
    `${one.fromRepositories.join(' ')} → ${one.toRepositories.join(' ')}`,
    one.trustVendor ? 'vendor trusted' : 'judged anew',
  ];
  const table = (all: Contract[]) => formatTable(['ID', 'BETWEEN', 'STATE', 'REPOSITORIES', 'RECEIVER'], all.map(row));
  const split = (value: string) => value.split(',');

  contract
    .command('offer')
    .description('offer to deliver images to another account')
    .argument('<account>', 'who delivers')
    .requiredOption('--to <account>', 'who receives')
    .option('--from-repositories <patterns>', 'patterns, separated by commas', split, ['**'])
    .option('--to-repositories <patterns>', 'patterns, separated by commas', split, ['**'])
    .option('--json', 'print JSON')
    .action(
      async (
        account: string,
        options: { to: string; fromRepositories: string[]; toRepositories: string[]; json?: boolean },
      ) => {
        const { api } = await openServer(context);
        const { to, fromRepositories, toRepositories } = options;
        writeResult(
          context,
          options.json,
          await api.send('POST', `/accounts/${account}/contracts`, { to, fromRepositories, toRepositories }, Contract),
          (one) => table([one]),
        );
      },
    );

  contract
    .command('accept')
    .description('accept an offer')
    .argument('<account>', 'who receives')
    .argument('<id>')
    .option('--trust-vendor', "what the vendor's verdict allows is allowed here; else it is judged by your own policy")
    .option('--json', 'print JSON')
    .action(async (account: string, id: string, options: { trustVendor?: boolean; json?: boolean }) => {
      const { api } = await openServer(context);
      writeResult(
        context,
        options.json,
        await api.send(
          'POST',
          `/accounts/${account}/contracts/${id}/acceptance`,
          { trustVendor: options.trustVendor ?? false },
          Contract,
        ),
        (one) => table([one]),
      );
    });

  addReading(contract, context, {
    name: 'list',
    description: 'the contracts of an account, on either side',
    path: 'contracts',
    schema: z.array(Contract),
    show: table,
  });

  addEnding(contract, context, {
    name: 'end',
    description: 'end a contract; what was delivered stays',
    argument: ['<id>'],
    path: 'contracts',
    result: (_, id) => ({ id, ended: true }),
    says: () => 'The contract has ended; what was delivered stays.',
  });
}
