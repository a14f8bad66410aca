/** pratique packages: what the images of an account are made of, and what is known of one package. */
import { PackagePage, PackageRows } from '@pratique/contract';
import type { Command } from 'commander';
import { accountPath } from '../account/account-path.ts';
import { type Context, openServer, writeResult } from '../context.ts';
import { readCount } from '../exit.ts';
import { LEFT_OUT, readRows } from '../read-rows.ts';
import { formatCounts, formatTable, shorten } from '../text.ts';

type Options = {
  search?: string;
  type?: string;
  packageVersion?: string;
  covered?: boolean;
  limit: string;
  json?: boolean;
};

export function addPackages(program: Command, context: Context): void {
  program
    .command('packages')
    .description('packages that the images of an account hold, or what is known of one')
    .argument('<account>')
    .argument('[name]', 'exactly this one')
    .option('--search <text>', 'part of the name')
    .option('--type <type>', 'as purls call it: deb, npm; without it a name is looked for in all')
    .option('--package-version <prefix>', 'how the version begins')
    .option('--covered', 'a source of advisories answers for it; --no-covered: none does')
    .option('--no-covered')
    .option('--limit <n>', 'rows at most', '50')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  pratique packages vendor --search ssl\n  pratique packages vendor openssl --type deb\n',
    )
    .action(async (account: string, name: string | undefined, options: Options) => {
      const { api } = await openServer(context);
      const query = new URLSearchParams();
      const { search, type, packageVersion: version } = options;
      for (const [key, value] of Object.entries({ name, search, type, version }))
        if (value !== undefined) query.set(key, value);
      if (options.covered !== undefined && name === undefined) query.set('covered', String(options.covered));
      const page =
        name === undefined || type === undefined
          ? null
          : await api.get(`${accountPath(account, 'package')}?${query}`, PackagePage);
      const limit = readCount(options.limit, '--limit');
      const path = accountPath(account, 'packages');
      const { rows, next } = await readRows(api, path, query, limit, PackageRows, (one) => one.packages);
      writeResult(context, options.json, { ...(page ? { page } : {}), packages: rows, next }, describePackages);
    });
}

function describePackages({ page, packages, next }: PackageRows & { page?: PackagePage }): string {
  const lines: string[] = [];
  if (page) {
    const { images, repositories, containers, customers } = page.holders;
    lines.push(
      `${page.name} (${page.type}): ${page.versions} versions and builds, ${images} images in ${repositories} repositories, ${containers} running containers, ${customers} customers`,
      `findings: ${formatCounts(page.findings)}; ${page.fixable} with a fix${page.fixedVersion === null ? '' : `, all cleared by ${page.fixedVersion}`}`,
      ...(page.uncovered > 0 ? [`not known: no source of advisories says anything of ${page.uncovered} of them`] : []),
      ...page.offered.map(
        (one) =>
          `${one.distribution}, ${one.architecture} offers ${one.version ?? 'none of that name'} (as of ${one.date?.slice(0, 10) ?? 'a date that is not known'})`,
      ),
      `licences: ${page.licenses.join(', ') || 'none named'}`,
      '',
    );
  }
  if (packages.length === 0) lines.push('No image of the account holds such a package.');
  else
    lines.push(
      formatTable(
        ['PACKAGE', 'VERSION', 'TYPE', 'SYSTEM', 'IMAGES', 'FIXABLE', 'FINDINGS'],
        packages.map((row) => [
          shorten(row.name, 50),
          shorten(row.version, 40),
          row.type,
          row.distribution ?? '–',
          String(row.images),
          String(row.fixable),
          row.covered ? formatCounts(row.findings) : formatCounts(row.findings).replace(/^none$/, 'not known'),
        ]),
      ),
    );
  if (next !== null) lines.push(LEFT_OUT);
  return lines.join('\n');
}
