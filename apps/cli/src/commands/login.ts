/** pratique login, logout, whoami */
import { LoginAnswer, Me } from '@pratique/contract';
import type { Command } from 'commander';
import { z } from 'zod';
import { createApiClient } from '../api-client.ts';
import { type Context, openServer, writeResult } from '../context.ts';
import { CliError, EXIT } from '../exit.ts';
import { storeLogin } from '../settings.ts';

export function addLogin(program: Command, context: Context): void {
  program
    .command('login')
    .argument('[url]', 'the server', 'http://127.0.0.1:8480')
    .description('sign in, and keep the session for later commands')
    .requiredOption('-u, --user <name>', 'user name')
    .option('--password-stdin', 'read the password from standard input')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nExample:\n  echo "$PASSWORD" | pratique login https://pratique.example -u alice --password-stdin\n',
    )
    .action(async (url: string, options: { user: string; passwordStdin?: boolean; json?: boolean }) => {
      if (!/^https?:\/\//.test(url))
        throw new CliError(EXIT.usage, `${url} is no URL; write http://HOST:PORT or https://HOST`);
      const password = options.passwordStdin
        ? (await context.readInput()).replace(/\r?\n$/, '')
        : context.env['PRATIQUE_ADMIN_PASSWORD'];
      if (!password) throw new CliError(EXIT.usage, 'give the password on standard input, with --password-stdin');
      const base = url.replace(/\/+$/, '');
      const answer = await createApiClient({ url: base, authorization: null })
        .send('POST', '/login', { user: options.user, password, kind: 'cli' }, LoginAnswer)
        .catch((error: unknown) => {
          throw error instanceof CliError && error.apiCode === 'unauthenticated'
            ? new CliError(EXIT.fault, 'the user name or password is wrong')
            : error;
        });
      await storeLogin(context.env, { url: base, token: answer.token ?? '', user: options.user });
      writeResult(
        context,
        options.json,
        { url: base, user: answer.me.name, accounts: answer.me.accounts, expiresAt: answer.expiresAt },
        (value) => `Signed in to ${value.url} as ${value.user} until ${value.expiresAt.slice(0, 10)}.`,
      );
    });

  program
    .command('logout')
    .description('end the session')
    .option('--json', 'print JSON')
    .action(async (options: { json?: boolean }) => {
      const { api, connection } = await openServer(context);
      // Forgotten here first, so that it is forgotten whether or not the server can be told.
      await storeLogin(context.env, { url: connection.url, token: '', user: '' });
      if (connection.authorization) await api.send('POST', '/logout', undefined, z.null());
      writeResult(context, options.json, { url: connection.url }, ({ url }) => `Signed out of ${url}.`);
    });

  program
    .command('whoami')
    .description('who you are to the server, and what you may')
    .option('--json', 'print JSON')
    .action(async (options: { json?: boolean }) => {
      const { api } = await openServer(context);
      writeResult(context, options.json, await api.get('/me', Me), (me) =>
        [me.name, ...me.accounts.map((account) => `  ${account.name}: ${account.role}`)].join('\n'),
      );
    });
}
