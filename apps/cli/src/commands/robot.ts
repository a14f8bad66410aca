/** pratique robot: tokens for machines, with a role, repositories and an end. */
import { NewRobotAnswer, Robot } from '@pratique/contract';
import type { Command } from 'commander';
import { z } from 'zod';
import { addEnding } from '../account/add-ending.ts';
import { addReading } from '../account/add-reading.ts';
import { type Context, openServer, writeResult } from '../context.ts';
import { readCount } from '../exit.ts';
import { formatTable } from '../text.ts';

export function addRobot(program: Command, context: Context): void {
  const robot = program.command('robot').description('tokens for machines');

  robot
    .command('create')
    .description('make a token, shown once')
    .argument('<account>')
    .argument('<name>')
    .option('--role <role>', 'maintainer, developer or reader', 'reader')
    .option(
      '--repository <pattern>',
      'only these repositories; may be repeated',
      (value: string, before: string[]) => [...before, value],
      [],
    )
    .option('--days <number>', 'until when', '90')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  pratique robot create vendor ci --role developer --repository "web/**"\n')
    .action(
      async (
        account: string,
        name: string,
        options: { role: string; repository: string[]; days: string; json?: boolean },
      ) => {
        const { api } = await openServer(context);
        const body = {
          name,
          role: options.role,
          days: readCount(options.days, '--days'),
          ...(options.repository.length > 0 ? { repositories: options.repository } : {}),
        };
        writeResult(
          context,
          options.json,
          await api.send('POST', `/accounts/${account}/robots`, body, NewRobotAnswer),
          (made) =>
            `user      ${made.user}\ntoken     ${made.token}\nexpires   ${made.robot.expiresAt.slice(0, 10)}\n\nThe token is shown this once.`,
        );
      },
    );

  addReading(robot, context, {
    name: 'list',
    description: 'the tokens of an account',
    path: 'robots',
    schema: z.array(Robot),
    show: (all) =>
      formatTable(
        ['NAME', 'ROLE', 'REPOSITORIES', 'EXPIRES', 'STATE'],
        all.map((one) => [
          one.name,
          one.role,
          one.repositories.join(' '),
          one.expiresAt.slice(0, 10),
          one.revokedAt ? 'revoked' : 'in force',
        ]),
      ),
  });

  addEnding(robot, context, {
    name: 'revoke',
    description: 'end a token at once',
    argument: ['<name>'],
    path: 'robots',
    result: (account, name) => ({ account, name, revoked: true }),
    says: (name) => `${name} is revoked.`,
  });
}
