/** pratique server: starts the server from this checkout, whole or in parts. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import type { Context } from '../context.ts';
import { CliError, EXIT } from '../exit.ts';

const ROOT = new URL('../../../../', import.meta.url);
const ROLES = ['api', 'worker', 'signer', 'admission'];

export function addServer(program: Command, context: Context): void {
  program
    .command('server')
    .description('start the server from this checkout, whole or in parts')
    .option('--roles <list>', `which parts, separated by commas: ${ROLES.join(', ')}`, ROLES.join(','))
    .addHelpText(
      'after',
      '\nExamples:\n  pratique server\n  pratique server --roles api,signer    # DATABASE_URL, PRATIQUE_BLOBS and PRATIQUE_MASTER_KEY as the others have them\n\nSettings are environment variables: docs/configuration.md. Ends on SIGINT and SIGTERM, after the requests under way.\n',
    )
    .action(async (options: { roles: string }) => {
      const unknown = options.roles.split(',').find((role) => !ROLES.includes(role));
      if (unknown !== undefined)
        throw new CliError(
          EXIT.usage,
          `--roles: there is no role ${JSON.stringify(unknown)}; the roles are ${ROLES.join(', ')}`,
        );
      const args = ['bootstrap/run.mjs', 'apps/server/src/main.ts', '--roles', options.roles];
      const child = spawn(process.execPath, args, { cwd: fileURLToPath(ROOT), env: context.env, stdio: 'inherit' });
      const forward = (signal: NodeJS.Signals) => child.kill(signal);
      const signals = ['SIGTERM', 'SIGHUP'] as const;
      for (const signal of signals) process.on(signal, forward);
      // A terminal's Ctrl-C reaches the server by itself; this process waits for its end.
      const stay = () => {};
      process.on('SIGINT', stay);
      const [code] = (await once(child, 'exit')) as [number | null];
      for (const signal of signals) process.off(signal, forward);
      process.off('SIGINT', stay);
      context.setExit(code ?? EXIT.fault);
    });
}
