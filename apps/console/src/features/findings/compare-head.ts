/** What has changed at the head of a list since its rows were loaded, without moving any of them. */
import type { FindingRow } from '@pratique/contract';

/** A hole of one distinct package. */
export const keyOfRow = (row: FindingRow): string =>
  [row.id, row.package.purl, row.package.distribution ?? ''].join(' ');

export type News = { arrived: number; gone: number; rows: readonly FindingRow[] };

/**
 * Compares the loaded rows with the first page as the server has it now.
 *
 * @param head the first page now; `whole` where nothing follows it
 * @returns how many rows of the page are not loaded, how many of the loaded are no longer where they were, and the loaded
 * rows in their order with what is said of them now
 */
export function compareHead(loaded: readonly FindingRow[], head: readonly FindingRow[], whole: boolean): News {
  const known = new Set(loaded.map(keyOfRow));
  const now = new Map(head.map((row) => [keyOfRow(row), row]));
  const arrived = head.filter((row) => !known.has(keyOfRow(row))).length;
  const within = whole ? loaded : loaded.slice(0, head.length);
  const missing = within.filter((row) => !now.has(keyOfRow(row))).length;
  // What arrived pushed as many off the page's end.
  const gone = whole ? missing : Math.max(0, missing - arrived);
  const isOld = loaded.some((row) => {
    const current = now.get(keyOfRow(row));
    return current !== undefined && current !== row;
  });
  return { arrived, gone, rows: isOld ? loaded.map((row) => now.get(keyOfRow(row)) ?? row) : loaded };
}
