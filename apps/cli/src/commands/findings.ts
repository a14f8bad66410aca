/** pratique findings: what was found in all images of an account, and which upgrades clear most of it. */
import { Excepted, FindingFacets, FindingRows, FindingSort, Severity, UpgradeGroups } from '@pratique/contract';
import { type Command, Option } from 'commander';
import { accountPath } from '../account/account-path.ts';
import { type Context, openServer, writeResult } from '../context.ts';
import { readCount } from '../exit.ts';
import { LEFT_OUT, readRows } from '../read-rows.ts';
import { formatTable, shorten } from '../text.ts';

type Choices = {
  search?: string;
  severity?: string;
  type?: string;
  excepted?: string;
  repository?: string;
  package?: string;
  packageVersion?: string;
  ofSource?: boolean;
  fixable?: boolean;
  exploited?: boolean;
  running?: boolean;
};
type Listed = FindingRows & Pick<FindingFacets, 'total' | 'unknown'>;

export function addFindings(program: Command, context: Context): void {
  const findings = program
    .command('findings')
    .description('findings across the images of an account, and the upgrades that clear most of them')
    .argument('<account>')
    .option('--upgrades', 'group by the upgrade that clears them, those that clear most first')
    .option('--search <text>', 'part of an id, a package or a title')
    .option('--severity <list>', `of ${Severity.options.join(', ')}; several separated by commas`)
    .option('--fixable', 'with a fix; --no-fixable: without one')
    .option('--no-fixable')
    .option('--exploited', 'known to be exploited; --no-exploited: not known to be')
    .option('--no-exploited')
    .option('--running', 'in an image that runs now; --no-running: in none')
    .option('--no-running')
    .option('--type <list>', 'ecosystem, as purls call it: deb, npm; several separated by commas')
    .option('--excepted <list>', `how far exceptions cover it, of ${Excepted.options.join(', ')}`)
    .option('--repository <name>', 'of images of this repository')
    .option('--package <name>', 'of exactly this package')
    .option('--package-version <version>', 'and of exactly this version')
    .option('--of-source', 'both name the source package that a distribution built packages from')
    .addOption(new Option('--sort <order>', 'what comes first').choices(FindingSort.options).default('priority'))
    .option('--limit <n>', 'rows at most', '50')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  pratique findings vendor --severity critical,high --fixable --running\n  pratique findings vendor --upgrades\n',
    );
  findings.action(
    async (
      account: string,
      options: Choices & { limit: string; json?: boolean; sort: FindingSort; upgrades?: boolean },
    ) => {
      const { api } = await openServer(context);
      const limit = readCount(options.limit, '--limit');
      const query = queryOf(options);
      if (options.upgrades) {
        const path = accountPath(account, 'findings', 'upgrades');
        const read = await readRows(api, path, query, limit, UpgradeGroups, (page) => page.upgrades);
        const groups: UpgradeGroups = { ...read.last, upgrades: read.rows, next: read.next };
        return writeResult(context, options.json, groups, describeUpgrades);
      }
      const facets = await api.get(`${accountPath(account, 'findings', 'facets')}?${query}`, FindingFacets);
      query.set('sort', options.sort);
      const path = accountPath(account, 'findings');
      const { rows, next } = await readRows(api, path, query, limit, FindingRows, (page) => page.findings);
      const listed: Listed = { total: facets.total, unknown: facets.unknown, findings: rows, next };
      writeResult(context, options.json, listed, describeFindings);
    },
  );
}

function queryOf(options: Choices): URLSearchParams {
  const { search, severity, type, excepted, repository, fixable, exploited, running } = options;
  const asked = {
    ...{ search, severity, type, excepted, repository, fixable, exploited, running },
    package: options.package,
    version: options.packageVersion,
    source: options.ofSource,
  };
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(asked)) if (value !== undefined) query.set(key, String(value));
  return query;
}

function describeFindings({ total, unknown, findings, next }: Listed): string {
  const lines = [`${total} findings`];
  if (unknown.unscannedImages > 0) lines.push(`not known: ${unknown.unscannedImages} images have not been scanned`);
  if (unknown.uncoveredPackages > 0)
    lines.push(`not known: no source of advisories says anything of ${unknown.uncoveredPackages} packages`);
  if (findings.length > 0)
    lines.push(
      '',
      formatTable(
        ['PRIORITY', 'ID', 'SEVERITY', 'PACKAGE', 'VERSION', 'FIXED IN', 'IMAGES', 'RUNNING', ''],
        findings.map((row) => [
          String(row.priority),
          row.id,
          row.severity,
          shorten(row.package.name, 40),
          shorten(row.package.version, 30),
          shorten(row.fixedVersion ?? (row.status === 'will-not-fix' ? 'never' : '–'), 30),
          String(row.images),
          String(row.runningImages),
          [row.exploited ? 'exploited' : '', row.excepted === 'none' ? '' : `excepted: ${row.excepted}`]
            .join(' ')
            .trim(),
        ]),
      ),
    );
  if (next !== null) lines.push(LEFT_OUT);
  return lines.join('\n');
}

function describeUpgrades({ upgrades, total, unfixable, next }: UpgradeGroups): string {
  const lines = [`${total} upgrades clear findings; ${unfixable} findings have no fix`];
  if (upgrades.length > 0)
    lines.push(
      '',
      formatTable(
        ['CLEARS', 'IMAGES', 'PRIORITY', 'TYPE', 'UPGRADE', 'FROM', 'TO', 'HOLES'],
        upgrades.map((one) => [
          String(one.findings),
          String(one.images),
          String(one.priority),
          one.type,
          shorten(one.name, 40),
          shorten(one.version, 30),
          shorten(one.to ?? 'several', 30),
          `${one.ids.slice(0, 3).join(' ')}${one.holes > 3 ? ` and ${one.holes - 3} more` : ''}`,
        ]),
      ),
    );
  if (next !== null) lines.push(LEFT_OUT);
  return lines.join('\n');
}
