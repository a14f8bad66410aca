/** pratique match: what is known about packages that are named by purls. */
import { readFile, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { PurlMatches } from '@pratique/scan/match-purls';
import type { Command } from 'commander';
import type { Context } from '../context.ts';
import { CliError, EXIT } from '../exit.ts';
import { defaultStore } from '../scan/advisories.ts';
import { formatTable, visible } from '../text.ts';

const MAX_BYTES = 256 * 1024 * 1024;

export function addMatch(program: Command, context: Context): void {
  program
    .command('match')
    .description('match packages that are named by purls with the advisories')
    .requiredOption('--packages <file>', 'a purl on each line; - reads them from the input')
    .option('--db <dir>', "advisories; the user's own store by default")
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nSystem packages name their distribution, and their source where it has another name or version:\n  pkg:deb/debian/libssl3@3.0.15-1?distro=debian-12&upstream=openssl@3.0.15-1\n  pkg:rpm/almalinux/curl@7.76.1-29.el9?epoch=0&distro=almalinux-9.4\n',
    )
    .action(async (options: { packages: string; db?: string; json?: boolean }) => {
      const text =
        options.packages === '-' ? await context.readInput() : await read(resolve(context.cwd, options.packages));
      // Not the whole of the package: what reads images and writes reports takes longer to load than a thousand matches.
      const [{ matchPurls }, { openAdvisoryStore }] = await Promise.all([
        import('@pratique/scan/match-purls'),
        import('@pratique/scan/advisories/store'),
      ]);
      const dir = options.db === undefined ? defaultStore(context) : resolve(context.cwd, options.db);
      if (options.db === undefined) await (await import('@pratique/scan/advisories/seed')).ensureSeed(dir);
      const store = await openAdvisoryStore(dir);
      try {
        const matches = matchPurls(text.split('\n'), store);
        // For programs: thousands of findings take, unindented, a third of the time.
        context.out(options.json ? `${JSON.stringify(matches)}\n` : `${table(matches)}\n`);
        if (matches.unreadable.length > 0) {
          context.note(
            `${matches.unreadable.length} lines are no purls with a version, first ${visible(matches.unreadable[0] ?? '')}\n`,
          );
          context.setExit(EXIT.fault);
        }
      } finally {
        store.close();
      }
    });
}

async function read(path: string): Promise<string> {
  const found = await stat(path).catch(() => null);
  if (!found) throw new CliError(EXIT.usage, `${path} is no file that can be read`);
  if (found.size > MAX_BYTES) throw new CliError(EXIT.usage, `${path} has more than ${MAX_BYTES} bytes`);
  return readFile(path, 'utf8');
}

function table({ findings, uncovered }: PurlMatches): string {
  const gaps = uncovered.map((gap) => `${gap.ecosystem}: ${gap.packages} packages, ${gap.reason}`);
  return [
    formatTable(
      ['ID', 'SEVERITY', 'STATUS', 'FIXED', 'PACKAGE'],
      findings.map((one) => [one.id, one.severity, one.status, one.fixedVersion ?? '–', visible(one.purl)]),
    ),
    ...(gaps.length > 0 ? ['', 'Nothing is known of', ...gaps.map((gap) => `  ${visible(gap)}`)] : []),
  ].join('\n');
}
