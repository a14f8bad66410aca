/** The state of a table, kept in the address: a link shows what its sender saw. */
import { useCallback, useMemo } from 'react';
import { useSearchParams } from 'react-router';

export type Sort = { column: string; descending: boolean };

export type TableState = {
  q: string;
  sort: Sort | null;
  hidden: ReadonlySet<string>;
  /** Any further filter of the page. */
  param: (name: string) => string;
  set: (changes: Record<string, string>) => void;
};

/**
 * `q`, `sort` (`-name` descends) and `hide` of the address, and a way to change them without a new history entry.
 *
 * @param prefix before the names, where a page shows two tables at once
 */
export function useTableState(prefix = ''): TableState {
  const [search, setSearch] = useSearchParams();
  const set = useCallback(
    (changes: Record<string, string>) =>
      setSearch(
        (before) => {
          const next = new URLSearchParams(before);
          for (const [key, value] of Object.entries(changes)) {
            if (value === '') next.delete(prefix + key);
            else next.set(prefix + key, value);
          }
          return next;
        },
        { replace: true, preventScrollReset: true },
      ),
    [setSearch, prefix],
  );
  return useMemo(
    () => ({
      q: search.get(`${prefix}q`) ?? '',
      sort: parseSort(search.get(`${prefix}sort`)),
      hidden: new Set((search.get(`${prefix}hide`) ?? '').split(',').filter((id) => id !== '')),
      param: (name) => search.get(prefix + name) ?? '',
      set,
    }),
    [search, set, prefix],
  );
}

export function parseSort(text: string | null): Sort | null {
  if (!text) return null;
  return text.startsWith('-') ? { column: text.slice(1), descending: true } : { column: text, descending: false };
}

export function writeSort(sort: Sort | null): string {
  return sort ? `${sort.descending ? '-' : ''}${sort.column}` : '';
}

/** Ascending, then descending, then as the server ordered it. */
export function nextSort(current: Sort | null, column: string): Sort | null {
  if (current?.column !== column) return { column, descending: false };
  return current.descending ? null : { column, descending: true };
}
