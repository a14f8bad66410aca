/** pratique versions compare: the order of versions, as each ecosystem has it. */
import { compareVersions, type SchemeName } from '@pratique/scan';
import type { Command } from 'commander';
import type { Context } from '../context.ts';
import { CliError, EXIT } from '../exit.ts';

export function addVersions(program: Command, context: Context): void {
  program
    .command('versions')
    .description('compare versions')
    .command('compare')
    .argument('<scheme>', 'deb, apk, npm, rpm, semver, go, cargo, pep440')
    .description('read pairs `a b`, one a line; print -1, 0 or 1 for each')
    .addHelpText('after', "\nExample:\n  echo '1.0~rc1 1.0' | pratique versions compare deb\n")
    .action(async (scheme: string) => {
      const lines = (await context.readInput()).split('\n').filter((line) => line.trim() !== '');
      const answers = lines.map((line, index) => {
        const parts = line.trim().split(/\s+/);
        const [a, b] = parts;
        if (a === undefined || b === undefined || parts.length !== 2)
          throw new CliError(EXIT.usage, `line ${index + 1} is not two versions: ${line}`);
        return compareVersions(scheme as SchemeName, a, b);
      });
      context.out(answers.map((answer) => `${answer}\n`).join(''));
    });
}
