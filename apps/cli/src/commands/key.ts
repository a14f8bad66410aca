/** pratique key: an account's public keys, and their rotation. */
import { SigningKey } from '@pratique/contract';
import type { Command } from 'commander';
import { z } from 'zod';
import { addReading } from '../account/add-reading.ts';
import { type Context, openServer, writeResult } from '../context.ts';
import { CliError, EXIT } from '../exit.ts';
import { formatTable } from '../text.ts';

export function addKey(program: Command, context: Context): void {
  const key = program.command('key').description('the keys that an account signs with');
  const listed = (keys: SigningKey[]) =>
    formatTable(
      ['FINGERPRINT', 'SINCE', 'STATE'],
      keys.map((one) => [
        one.fingerprint,
        one.createdAt.slice(0, 10),
        one.retiredAt ? `retired ${one.retiredAt.slice(0, 10)}` : 'current',
      ]),
    );

  key
    .command('export')
    .argument('<account>')
    .description('print the current public key in PEM, for customers and for cosign verify --key')
    .option('--json', 'print JSON')
    .action(async (account: string, options: { json?: boolean }) => {
      const { api } = await openServer(context);
      const current = (await api.get(`/accounts/${account}/keys`, z.array(SigningKey))).find(
        (one) => one.retiredAt === null,
      );
      if (!current) throw new CliError(EXIT.fault, `${account} has no key`);
      writeResult(context, options.json, current, (one) => one.publicPem);
    });

  addReading(key, context, {
    name: 'list',
    description: 'current and retired keys',
    path: 'keys',
    schema: z.array(SigningKey),
    show: listed,
  });

  key
    .command('rotate')
    .argument('<account>')
    .option('--json', 'print JSON')
    .description('retire the current key and make another; what was signed stays verifiable with the old one')
    .action(async (account: string, options: { json?: boolean }) => {
      const { api } = await openServer(context);
      writeResult(
        context,
        options.json,
        await api.send('POST', `/accounts/${account}/keys/rotation`, undefined, z.array(SigningKey)),
        listed,
      );
    });
}
