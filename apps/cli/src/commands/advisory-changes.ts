/** pratique advisories changes and show: what an update changed for an account, and whom one advisory touches. */
import {
  AdvisoryChangeRows,
  AdvisoryPage,
  AdvisoryUpdateDetail,
  AdvisoryUpdates,
  AffectedPackages,
  type ChangeKind,
  type HolderCounts,
  type HoldingCustomer,
  HoldingCustomers,
  type HoldingImage,
  HoldingImages,
  HoldingPlacements,
  type Placement,
} from '@pratique/contract';
import type { Command } from 'commander';
import type { z } from 'zod';
import { accountPath } from '../account/account-path.ts';
import type { ApiClient } from '../api-client.ts';
import { type Context, openServer, writeResult } from '../context.ts';
import { CliError, EXIT } from '../exit.ts';
import { formatTable, visible } from '../text.ts';

const PAGE = 200;
/** Rows of each list that are fetched; what is beyond is counted, and said to be left out. */
const MOST = 1000;
/** Rows of each list that people are shown. */
const SHOWN = 30;

type Holders = { images: HoldingImage[]; placements: Placement[]; customers: HoldingCustomer[] };
type Described = AdvisoryUpdateDetail & {
  changes: AdvisoryChangeRows['rows'];
  affectedNow: Holders;
  clearedNow: Holders;
  /** A list ended at its thousandth row. */
  leftOut: boolean;
};

export function addAdvisoryChanges(advisories: Command, context: Context): void {
  advisories
    .command('changes')
    .description('what updates of the server’s advisories changed for an account: holes, images, containers, customers')
    .argument('<account>')
    .argument('[update]', 'number of an update, or latest; without it the updates are listed')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  pratique advisories changes vendor\n  pratique advisories changes vendor latest --json\n',
    )
    .action(async (account: string, update: string | undefined, options: { json?: boolean }) => {
      const { api } = await openServer(context);
      if (update === undefined) {
        const path = accountPath(account, 'advisory-updates');
        return writeResult(context, options.json, await api.get(`${path}?limit=50`, AdvisoryUpdates), describeUpdates);
      }
      const id = await readUpdateId(api, account, update);
      writeResult(context, options.json, await readUpdate(api, account, id), describeUpdate);
    });

  advisories
    .command('show')
    .description('one advisory of the server: what its sources say, and whom of an account it touches')
    .argument('<account>')
    .argument('<advisory>', 'CVE, GHSA or any other name of it')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  pratique advisories show vendor CVE-2024-5535\n')
    .action(async (account: string, advisory: string, options: { json?: boolean }) => {
      const { api } = await openServer(context);
      const path = accountPath(account, 'advisories', advisory);
      const page = await api.get(path, AdvisoryPage);
      const packages = await readAll(api, `${path}/packages?`, AffectedPackages, (one) => one.packages);
      const holders = await readHolders(api, path, '');
      const { images, placements, customers } = holders;
      const touched = { ...page, affected: packages.rows, images, placements, customers };
      const result = { ...touched, leftOut: packages.more || holders.more };
      writeResult(context, options.json, result, describeAdvisory);
    });
}

async function readUpdateId(api: ApiClient, account: string, update: string): Promise<string> {
  if (/^[1-9]\d{0,14}$/.test(update)) return update;
  if (update !== 'latest') throw new CliError(EXIT.usage, `${visible(update)} is no number of an update, nor latest`);
  const { updates } = await api.get(`${accountPath(account, 'advisory-updates')}?limit=1`, AdvisoryUpdates);
  if (!updates[0])
    throw new CliError(EXIT.fault, `no update of the advisories has changed anything for ${account} yet`);
  return String(updates[0].id);
}

async function readUpdate(api: ApiClient, account: string, id: string): Promise<Described> {
  const path = accountPath(account, 'advisory-updates', id);
  const update = await api.get(path, AdvisoryUpdateDetail);
  const changes = await readAll(api, `${path}/changes?`, AdvisoryChangeRows, (one) => one.rows);
  const ofKind = (kind: ChangeKind) => readHolders(api, path, `kind=${kind}&`);
  const [affected, cleared] = [await ofKind('affected'), await ofKind('cleared')];
  const { more: moreAffected, ...affectedNow } = affected;
  const { more: moreCleared, ...clearedNow } = cleared;
  const leftOut = changes.more || moreAffected || moreCleared;
  return { ...update, changes: changes.rows, affectedNow, clearedNow, leftOut };
}

async function readHolders(api: ApiClient, path: string, query: string): Promise<Holders & { more: boolean }> {
  const images = await readAll(api, `${path}/images?${query}`, HoldingImages, (one) => one.images);
  const placements = await readAll(api, `${path}/placements?${query}`, HoldingPlacements, (one) => one.placements);
  const customers = await readAll(api, `${path}/customers?${query}`, HoldingCustomers, (one) => one.customers);
  const more = images.more || placements.more || customers.more;
  return { images: images.rows, placements: placements.rows, customers: customers.rows, more };
}

/** @param path ends where parameters are added */
async function readAll<P extends { next: string | null }, T>(
  api: ApiClient,
  path: string,
  schema: z.ZodType<P>,
  rowsOf: (page: P) => T[],
): Promise<{ rows: T[]; more: boolean }> {
  const rows: T[] = [];
  for (let after = ''; ; ) {
    const page: P = await api.get(`${path}limit=${PAGE}${after === '' ? '' : `&after=${after}`}`, schema);
    rows.push(...rowsOf(page));
    if (page.next === null) return { rows, more: false };
    if (rows.length >= MOST) return { rows, more: true };
    after = page.next;
  }
}

function describeUpdates({ updates, next, keptDays }: AdvisoryUpdates): string {
  if (updates.length === 0)
    return `No update of the advisories has changed anything for these images in the last ${keptDays} days.`;
  const table = formatTable(
    ['UPDATE', 'AT', 'STATE', 'AFFECTED', 'CLEARED', 'CHANGED', 'HOLES', 'PACKAGES'],
    updates.map((one) => [
      String(one.id),
      one.at.slice(0, 16).replace('T', ' '),
      one.state,
      String(one.affected),
      String(one.cleared),
      String(one.changed),
      String(one.holes),
      String(one.packages),
    ]),
  );
  return next === null ? table : `${table}\nOlder ones are left out.`;
}

function describeUpdate(one: Described): string {
  const lines = [
    `update ${one.id} of ${one.at}, ${one.state}: ${one.holes} holes, ${one.packages} packages`,
    `newly affected: ${countsOf(one.newlyAffected)}`,
    `newly cleared: ${countsOf(one.newlyCleared)}`,
    '',
    cut(
      ['', 'ID', 'PACKAGE', 'VERSION', 'SEVERITY', 'FIXED IN', 'IMAGES'],
      one.changes.map(({ kind, id, package: { name, version }, before, after, images }) => {
        const said = after ?? before;
        return [kind, id, name, version, said?.severity ?? '–', said?.fixedVersion ?? '–', String(images)];
      }),
    ),
    ...holdersOf('newly affected', one.affectedNow),
    ...holdersOf('newly cleared', one.clearedNow),
  ];
  if (one.leftOut) lines.push('', `Lists end after ${MOST} rows; the console has the rest.`);
  return lines.join('\n');
}

const countsOf = ({ images, containers, clusters, customers }: HolderCounts): string =>
  `${images} images, ${containers} containers in ${clusters} clusters, ${customers} customers`;

function holdersOf(what: string, { images, placements, customers }: Holders): string[] {
  const lines: string[] = [];
  const add = (title: string, head: string[], rows: string[][]) => {
    if (rows.length > 0) lines.push('', `${title}, ${what}`, cut(head, rows));
  };
  add(
    'Images',
    ['REPOSITORY', 'TAGS', 'DIGEST', 'VERDICT', 'RUNNING'],
    images.map((one) => [
      one.repository,
      one.tags.slice(0, 3).join(' ') || '–',
      one.digest.slice(0, 19),
      one.decision === null ? 'none' : `${one.decision}, ${one.verdictState ?? ''}`,
      String(one.containers),
    ]),
  );
  add(
    'Containers',
    ['CLUSTER', 'NAMESPACE', 'POD', 'CONTAINER', 'WORKLOAD'],
    placements.map((one) => [
      one.cluster,
      one.namespace,
      one.pod,
      one.container,
      one.workload ? `${one.workload.kind}/${one.workload.name}` : '–',
    ]),
  );
  add(
    'Customers',
    ['CUSTOMER', 'FROM', 'TAG', 'DELIVERED'],
    customers.map((one) => [one.customer, one.repository, one.tag, one.at.slice(0, 10)]),
  );
  return lines;
}

type Touched = AdvisoryPage & Holders & { affected: AffectedPackages['packages']; leftOut: boolean };

const TOUCHES: Record<AdvisoryPage['touches'], string> = {
  touched: 'it touches images of the account',
  cleared: 'it touched images of the account, and no longer does',
  none: 'it is known, and touches nothing of the account',
};

function describeAdvisory(page: Touched): string {
  const { likelihood } = page;
  const lines = [
    `${page.id}: ${page.severity}, ${page.severitySource === null ? 'nobody has rated it' : `by ${page.severitySource}`}${page.exploited ? ', known to be exploited' : ''}`,
    ...page.titles.slice(0, 3).map(({ title }) => visible(title)),
    ...(page.aliases.length > 0 ? [`also ${page.aliases.slice(0, 10).join(' ')}`] : []),
    likelihood === null
      ? 'how likely an attack is is not known (EPSS)'
      : `${(likelihood.probability * 100).toFixed(2)} % likely to be attacked within 30 days (EPSS)`,
    ...(page.standing === null ? [] : [page.standing]),
    TOUCHES[page.touches],
    countsOf(page.holders),
    ...page.exceptions.map(({ name, expiresAt }) => `exception ${name} until ${expiresAt.slice(0, 10)}`),
  ];
  if (page.affected.length > 0)
    lines.push(
      '',
      cut(
        ['PACKAGE', 'VERSION', 'SEVERITY', 'STATUS', 'FIXED IN', 'IMAGES'],
        page.affected.map((one) => [
          one.name,
          one.version,
          one.severity,
          one.status,
          one.fixedVersion ?? '–',
          String(one.images),
        ]),
      ),
    );
  lines.push(...holdersOf('affected', page));
  if (page.leftOut) lines.push('', `Lists end after ${MOST} rows; the console has the rest.`);
  return lines.join('\n');
}

/** The first rows of a table, and how many are not shown. */
function cut(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const table = formatTable(
    head,
    rows.slice(0, SHOWN).map((row) => row.map(visible)),
  );
  return rows.length > SHOWN ? `${table}\n… ${rows.length - SHOWN} more; --json has them` : table;
}
