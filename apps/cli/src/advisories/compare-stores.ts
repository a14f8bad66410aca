/** What one set of advisories says and another does not: packages, and the holes known of them. */
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type AdvisoryStore, changesBetween, isOfCves, openAdvisoryStore, openSnapshotOf } from '@pratique/scan';
import type { Context } from '../context.ts';
import { CliError, EXIT } from '../exit.ts';
import { formatTable, visible } from '../text.ts';

export type Difference = {
  before: string;
  after: string;
  packages: {
    ecosystem: string;
    name: string;
    added: string[];
    removed: string[] /** Of holes that both know. */;
    changed: number;
  }[];
  /** CVEs that are exploited, or scored by NVD, otherwise than before. */
  cves: { list: string; names: string[] }[];
};

/** @throws CliError usage for what is neither a folder nor a snapshot of the store */
export async function compareStores(context: Context, before: string, after: string, dir: string): Promise<Difference> {
  const old = await openEither(context, before, dir);
  try {
    const now = await openEither(context, after, dir);
    try {
      return compare(old, now);
    } finally {
      now.close();
    }
  } finally {
    old.close();
  }
}

async function openEither(context: Context, text: string, dir: string): Promise<AdvisoryStore> {
  if (text === 'current') return openAdvisoryStore(dir);
  if (/^sha256:[0-9a-f]{64}$/.test(text)) {
    const store = await openSnapshotOf(dir, text);
    if (store) return store;
    throw new CliError(EXIT.usage, `${dir} no longer holds the snapshot ${text}`);
  }
  const folder = resolve(context.cwd, text);
  if ((await stat(folder).catch(() => null))?.isDirectory()) return openAdvisoryStore(folder);
  throw new CliError(EXIT.usage, `${text} is neither a folder nor a snapshot's digest`);
}

function compare(old: AdvisoryStore, now: AdvisoryStore): Difference {
  const difference: Difference = { before: old.snapshot, after: now.snapshot, packages: [], cves: [] };
  for (const change of changesBetween(old, now)) {
    const { ecosystem, names } = change;
    if (isOfCves(change)) {
      difference.cves.push({ list: ecosystem, names });
      continue;
    }
    for (const name of names) {
      const was = holes(old, ecosystem, name);
      const is = holes(now, ecosystem, name);
      difference.packages.push({
        ecosystem,
        name,
        added: [...is.keys()].filter((id) => !was.has(id)).sort(),
        removed: [...was.keys()].filter((id) => !is.has(id)).sort(),
        changed: [...is].filter(([id, text]) => was.has(id) && was.get(id) !== text).length,
      });
    }
  }
  return difference;
}

function holes(store: AdvisoryStore, ecosystem: string, name: string): Map<string, string> {
  const all = new Map<string, string>();
  for (const advisory of store.lookup(ecosystem, name))
    for (const id of advisory.ids) all.set(id, `${all.get(id) ?? ''}${JSON.stringify(advisory)}`);
  return all;
}

export function describeDifference({ packages, cves }: Difference): string {
  const sum = (pick: (one: Difference['packages'][number]) => number) =>
    packages.reduce((all, one) => all + pick(one), 0);
  const head = `${packages.length} packages: ${sum((one) => one.added.length)} holes newly known, ${sum((one) => one.removed.length)} gone, ${sum((one) => one.changed)} said otherwise`;
  const table = formatTable(
    ['ECOSYSTEM', 'PACKAGE', 'NEW', 'GONE', 'OTHERWISE'],
    packages.map((one) => [
      one.ecosystem,
      visible(one.name),
      one.added.join(' ') || '–',
      one.removed.join(' ') || '–',
      String(one.changed),
    ]),
  );
  return [
    head,
    ...cves.map(({ list, names }) => `${list}: ${names.length} CVEs`),
    ...(packages.length > 0 ? [table] : []),
  ].join('\n');
}
