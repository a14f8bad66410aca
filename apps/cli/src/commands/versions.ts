/** pratique versions compare: the order of versions, as each ecosystem has it. */
import type { Command } from 'commander';
import { type Context, writeResult } from '../context.ts';
import { CliError, EXIT } from '../exit.ts';

/** What people call the order, and the one that decides it. */
const SCHEMES = {
  deb: 'deb',
  apk: 'apk',
  rpm: 'rpm',
  npm: 'semver',
  semver: 'semver',
  cargo: 'semver',
  go: 'golang',
  golang: 'golang',
  pypi: 'pep440',
  pep440: 'pep440',
  maven: 'maven',
  gem: 'gem',
  composer: 'composer',
  nuget: 'nuget',
} as const;

export function addVersions(program: Command, context: Context): void {
  const names = Object.keys(SCHEMES).join(', ');
  program
    .command('versions')
    .description('compare versions')
    .command('compare')
    .argument('<scheme>', names)
    .description('read pairs `a b`, one a line, from standard input; print -1, 0 or 1 for each')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      "\nExamples:\n  echo '1.0~rc1 1.0' | pratique versions compare deb\n  printf '%s\\n' '1.2.0-beta.2 1.2.0-beta.11' '1.0.0 1.0.0+build' | pratique versions compare npm\n",
    )
    .action(async (name: string, options: { json?: boolean }) => {
      if (!Object.hasOwn(SCHEMES, name))
        throw new CliError(EXIT.usage, `there is no version scheme ${JSON.stringify(name)}; there are ${names}`);
      const scheme = SCHEMES[name as keyof typeof SCHEMES];
      const { compareVersions } = await import('@pratique/scan/versions/compare');
      const answers = readPairs(await context.readInput()).map(({ line, a, b }) => {
        try {
          return { a, b, order: compareVersions(scheme, a, b) };
        } catch (cause) {
          throw new CliError(EXIT.fault, `line ${line}: ${(cause as Error).message}`, { cause });
        }
      });
      writeResult(context, options.json, answers, (all) => all.map(({ order }) => `${order}\n`).join(''));
    });
}

function readPairs(text: string): { line: number; a: string; b: string }[] {
  return text.split('\n').flatMap((raw, index) => {
    const parts = raw.trim().split(/\s+/);
    const [a, b] = parts;
    if (a === undefined || a === '') return [];
    if (b === undefined || parts.length !== 2)
      throw new CliError(EXIT.usage, `line ${index + 1} is not two versions: ${JSON.stringify(raw.slice(0, 200))}`);
    return [{ line: index + 1, a, b }];
  });
}
