/** One hole: what the sources say of it, and whom it touches. */
import type { AdvisoryPage, AffectedPackage, AffectedPackages, Exception, Severity } from '@pratique/contract';
import { Evidence, VexStatementInfo } from '@pratique/contract';
import { sql } from 'kysely';
import type { Tx } from '../db/connect.ts';
import { decodeCursor, pageOf, RankedKey } from './cursor.ts';
import type { Found, FoundRecord } from './find-advisory.ts';
import { type PackageColumns, toListedPackage } from './held.ts';
import { type Asked, countHolders, type Page } from './holders.ts';

/** A hole as the account's own packages know it; asked for by any of its names. */
export type KnownHole = {
  /** What findings are named by: the same hole may be several advisories. */
  ids: string[];
  names: string[];
  titles: string[];
  severities: { severity: Severity; source: string | null }[];
  exploited: boolean;
  packages: number;
  /** Where the store is asked: `ecosystem` tab `name`. */
  about: string[];
  /** When an update last cleared it in a package that an image still holds. */
  clearedAt: Date | null;
};

const ASKED_PACKAGES = 200;

export async function readHole(tx: Tx, accountId: string, name: string): Promise<KnownHole> {
  const { rows } = await sql<{
    ids: string[] | null;
    aliases: string[] | null;
    titles: string[] | null;
    severities: KnownHole['severities'] | null;
    exploited: boolean | null;
    packages: number;
  }>`
    with has as materialized (
      select f.* from held_finding f where f.account_id = ${accountId} and f.advisory_id = ${name}
      union select f.* from held_finding f where f.account_id = ${accountId} and f.aliases @> array[${name}]::text[])
    select array_agg(distinct advisory_id) as ids, (select array_agg(distinct alias) from has, unnest(aliases) as alias) as aliases,
      (array_agg(distinct title) filter (where title is not null))[1:20] as titles,
      jsonb_agg(distinct jsonb_build_object('severity', severity, 'source', evidence->>'severitySource')) as severities, bool_or(exploited) as exploited,
      count(distinct package_id)::int as packages
    from has`.execute(tx);
  const row = rows[0];
  const ids = row?.ids ?? [];
  const past = await readPast(tx, accountId, name);
  return {
    ids: ids.length > 0 ? ids : past.ids,
    names: [...new Set([name, ...ids, ...(row?.aliases ?? []), ...past.names])],
    titles: row?.titles ?? past.titles,
    severities: row?.severities ?? [],
    exploited: row?.exploited ?? false,
    packages: row?.packages ?? 0,
    about: await readAbout(tx, accountId, ids),
    clearedAt: past.clearedAt,
  };
}

async function readPast(
  tx: Tx,
  accountId: string,
  name: string,
): Promise<{ ids: string[]; names: string[]; titles: string[]; clearedAt: Date | null }> {
  const { rows } = await sql<{ advisory_id: string; aliases: string[]; title: string | null; cleared: Date | null }>`
    select advisory_id, aliases, max(title) as title, max(at) filter (where kind = 'cleared') as cleared from (
      select r.* from held_update r where r.account_id = ${accountId} and r.advisory_id = ${name}
      union select r.* from held_update r where r.account_id = ${accountId} and r.aliases @> array[${name}]::text[]) as past
    group by advisory_id, aliases limit 50`.execute(tx);
  return {
    ids: [...new Set(rows.map((row) => row.advisory_id))],
    names: rows.flatMap((row) => [row.advisory_id, ...row.aliases]),
    titles: [...new Set(rows.flatMap((row) => row.title ?? []))],
    clearedAt: rows.reduce<Date | null>(
      (last, { cleared }) => (cleared && !(last && last > cleared) ? cleared : last),
      null,
    ),
  };
}

async function readAbout(tx: Tx, accountId: string, ids: readonly string[]): Promise<string[]> {
  if (ids.length === 0) return [];
  const { rows } = await sql<{ about: string }>`
    select distinct unnest(m.about) as about from (
      select distinct f.package_id from held_finding f where f.account_id = ${accountId} and f.advisory_id = any (${[...ids]}::text[]) limit ${ASKED_PACKAGES}) as has
    join held_matched m on m.account_id = ${accountId} and m.package_id = has.package_id order by 1`.execute(tx);
  return rows.map((row) => row.about).filter((about) => !about.endsWith('\t*'));
}

/** Who has one of these holes now. */
export function havingHole(accountId: string, ids: readonly string[]): Asked {
  return {
    accountId,
    packages: sql`select f.package_id from held_finding f where f.account_id = ${accountId} and f.advisory_id = any (${[...ids]}::text[])`,
    until: null,
  };
}

/** Images that hold a package in which an update cleared one of these holes, and that have it by no other package. */
export function hadHole(accountId: string, { ids, clearedAt }: Pick<KnownHole, 'ids' | 'clearedAt'>): Asked {
  const names = [...ids];
  return {
    accountId,
    packages: sql`
      select r.package_id from held_update r
      where r.account_id = ${accountId} and r.advisory_id = any (${names}::text[]) and r.kind = 'cleared'
        and not exists (select from held_finding f where f.account_id = ${accountId} and f.package_id = r.package_id and f.advisory_id = any (${names}::text[]))`,
    without: havingHole(accountId, ids).packages,
    // What came later never had it.
    until: clearedAt ?? new Date(0),
  };
}

const RANKS: readonly Severity[] = ['critical', 'high', 'medium', 'unknown', 'low', 'negligible'];

/** @param found what the store says; @returns null where neither the account nor the store has ever heard of it */
export async function readAdvisoryPage(
  tx: Tx,
  accountId: string,
  asked: string,
  hole: KnownHole,
  found: Found,
): Promise<AdvisoryPage | null> {
  const { records, rating, likelihood } = found;
  const known = hole.ids.length > 0 || records.length > 0 || rating !== null || likelihood !== null || found.exploited;
  if (!known) return null;
  const names = [
    ...new Set([
      ...hole.names,
      ...records.flatMap(({ record }) => [...record.ids, ...record.aliases, record.advisory]),
    ]),
  ];
  const id = mainName(asked, hole, records);
  const severities = distinctBy(
    [
      ...hole.severities,
      ...records.map(({ record }) => ({ severity: record.severity, source: record.severitySource })),
      ...(rating ? [{ severity: rating.severity, source: rating.severitySource }] : []),
    ],
    ({ severity, source }) => `${severity} ${source ?? ''}`,
  ).sort((a, b) => RANKS.indexOf(a.severity) - RANKS.indexOf(b.severity));
  // What nobody has rated is worse than nothing only where nobody has.
  const worst = severities.find(({ severity }) => severity !== 'unknown') ?? severities[0];
  const touches = hole.packages > 0 ? 'touched' : hole.clearedAt ? 'cleared' : 'none';
  return {
    id,
    aliases: names.filter((name) => name !== id).sort(),
    titles: titlesOf(hole, records),
    severity: worst?.severity ?? 'unknown',
    severitySource: worst?.source ?? null,
    severities,
    likelihood,
    exploited: found.exploited || hole.exploited,
    standing: rating?.standing ?? (records.some(({ record }) => record.disputed) ? 'disputed' : null),
    references: [id, ...names.filter((name) => name !== id)].flatMap(referenceOf),
    records: records.map(toRecord),
    touches,
    holders: await countHolders(tx, havingHole(accountId, hole.ids)),
    packages: hole.packages,
    exceptions: await readExceptions(tx, accountId, names),
    vex: await readStatements(tx, accountId, names),
    formerly: hole.clearedAt ? (await countHolders(tx, hadHole(accountId, hole))).images : 0,
    snapshot: found.snapshot,
  };
}

function mainName(asked: string, hole: KnownHole, records: readonly FoundRecord[]): string {
  if (asked.startsWith('CVE-')) return asked;
  return hole.ids[0] ?? records[0]?.record.ids[0] ?? asked;
}

function titlesOf(hole: KnownHole, records: readonly FoundRecord[]): AdvisoryPage['titles'] {
  const said = records.flatMap(({ record }) => (record.title ? [{ source: record.source, title: record.title }] : []));
  const others = hole.titles
    .filter((title) => !said.some((one) => one.title === title))
    .map((title) => ({ source: '', title }));
  return distinctBy([...said, ...others], ({ title }) => title).slice(0, 20);
}

function toRecord({ ecosystem, package: name, record }: FoundRecord): AdvisoryPage['records'][number] {
  return {
    source: record.source,
    advisory: record.advisory,
    ecosystem,
    package: name,
    severity: record.severity,
    severitySource: record.severitySource,
    status: record.status,
    fixedVersions: [...new Set(record.ranges.flatMap(({ fixed }) => fixed ?? []))],
    disputed: record.disputed === true,
  };
}

function distinctBy<T>(all: readonly T[], key: (one: T) => string): T[] {
  return [...new Map(all.map((one) => [key(one), one])).values()];
}

/** Pages of the publishers, by the form of the name. */
const PAGES: readonly [RegExp, (name: string) => string][] = [
  [/^CVE-\d{4}-\d+$/, (name) => `https://www.cve.org/CVERecord?id=${name}`],
  [/^GHSA(-[0-9a-z]{4}){3}$/, (name) => `https://github.com/advisories/${name}`],
  [/^(DSA|DLA)-[0-9-]+$/, (name) => `https://security-tracker.debian.org/tracker/${name}`],
  [/^USN-[0-9-]+$/, (name) => `https://ubuntu.com/security/notices/${name}`],
  [/^RH[SBE]A-\d{4}:\d+$/, (name) => `https://access.redhat.com/errata/${name}`],
  [/^AL[SBE]A-\d{4}:\d+$/, (name) => `https://osv.dev/vulnerability/${name}`],
  [/^(GO|RUSTSEC|PYSEC|RLSA|OSV|MAL|SUSE)-[A-Za-z0-9:-]+$/, (name) => `https://osv.dev/vulnerability/${name}`],
];

function referenceOf(name: string): { name: string; url: string }[] {
  const page = PAGES.find(([form]) => form.test(name));
  return page ? [{ name, url: page[1](name) }] : [];
}

type ExceptionRow = {
  name: string;
  kind: string;
  selector: Record<string, unknown>;
  owner: string;
  reason: string;
  approver: string | null;
  created_at: Date;
  expires_at: Date;
};

async function readExceptions(tx: Tx, accountId: string, names: readonly string[]): Promise<Exception[]> {
  const { rows } = await sql<ExceptionRow>`
    select name, kind, selector, owner, reason, approver, created_at, expires_at from exception
    where account_id = ${accountId} and kind = 'finding' and selector->>'id' = any (${[...names]}::text[])
      and approved_at is not null and withdrawn_at is null and expires_at > now() order by expires_at, name limit 100`.execute(
    tx,
  );
  return rows.map(({ created_at: createdAt, expires_at: expiresAt, ...row }) => ({
    ...row,
    state: 'active',
    rejection: null,
    createdAt: createdAt.toISOString(),
    expiresAt: expiresAt.toISOString(),
  }));
}

type StatementRow = {
  documentId: string;
  document: string;
  author: string | null;
  repository: string | null;
  digest: string | null;
  statement: unknown;
};

async function readStatements(tx: Tx, accountId: string, names: readonly string[]): Promise<AdvisoryPage['vex']> {
  const { rows } = await sql<StatementRow>`
    select v.vex_document_id as "documentId", v.document, v.author, r.name as repository, v.subject_digest as digest, said.statement
    from vex_document v left join repository r using (repository_id) cross join lateral jsonb_array_elements(v.statements) as said (statement)
    where v.account_id = ${accountId} and v.withdrawn_at is null and v.refused is null and said.statement->'names' ?| ${[...names]}::text[]
    order by v.added_at desc, v.vex_document_id limit 100`.execute(tx);
  return rows.map(({ documentId, document, author, repository, digest, statement }) => {
    const { status, justification, statement: words, at, products } = VexStatementInfo.parse(statement);
    return {
      ...{ documentId, document, author, status, justification, statement: words, at },
      image: repository === null || digest === null ? null : { repository, digest },
      products: products.slice(0, 20).map(({ id }) => id),
    };
  });
}

type AffectedRow = PackageColumns & {
  package_id: number;
  advisory_id: string;
  severity: Severity;
  status: AffectedPackage['status'];
  fixed_version: string | null;
  score: number;
  first_seen: Date;
  evidence: unknown;
  images: number;
};

/** Packages that have one of these holes now; those in most images first. */
export async function listAffectedPackages(
  tx: Tx,
  accountId: string,
  ids: readonly string[],
  page: Page,
): Promise<AffectedPackages> {
  const after = decodeCursor(page.after, RankedKey);
  const [images, , advisory, id] = after ?? [0, 0, '', 0];
  const { rows } = await sql<AffectedRow>`
    with page as (
      select f.package_id, f.advisory_id, f.severity, f.status, f.fixed_version, f.score, f.first_seen, f.evidence, f.images from held_finding f
      where f.account_id = ${accountId} and f.advisory_id = any (${[...ids]}::text[])
        and (${after === null} or (-f.images, f.advisory_id, f.package_id) > (-${images}::int, ${advisory}, ${id}::bigint))
      order by f.images desc, f.advisory_id, f.package_id limit ${page.limit + 1})
    select page.*, p.type, p.name, p.version, p.purl, p.source_name, p.source_version, p.architecture, p.distribution
    from page join held_package p on p.account_id = ${accountId} and p.package_id = page.package_id
    order by page.images desc, page.advisory_id, page.package_id`.execute(tx);
  const cut = pageOf(rows, page.limit, (row) => [row.images, 0, row.advisory_id, row.package_id]);
  return {
    next: cut.next,
    packages: cut.rows.map((row) => {
      const evidence = Evidence.parse(row.evidence);
      return {
        ...toListedPackage(row),
        severity: row.severity,
        status: row.status,
        fixedVersion: row.fixed_version,
        priority: row.score,
        firstSeen: row.first_seen.toISOString(),
        comparison: evidence.comparison,
        source: evidence.source,
        images: row.images,
      };
    }),
  };
}
