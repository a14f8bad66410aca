/** Rows that are asked for a page at a time, and the button that asks for more: older ones, where the newest come first. */
import type { InfiniteData, UseInfiniteQueryResult } from '@tanstack/react-query';
import { type ReactNode, useMemo } from 'react';
import { useText } from '../catalogue/use-text.ts';
import { Button } from './button.tsx';
import { Failure, SkeletonRows } from './states.tsx';

type Props<T> = {
  query: UseInfiniteQueryResult<InfiniteData<T[]>>;
  what: string;
  /** What the button says. */
  more?: string;
  children: (rows: T[], pages: number) => ReactNode;
};

export function AnsweredPages<T>({ query, what, more, children }: Props<T>) {
  const { states, words } = useText();
  const rows = useMemo(() => query.data?.pages.flat() ?? [], [query.data]);
  if (query.error && !query.data) return <Failure error={query.error} retry={() => void query.refetch()} />;
  if (!query.data)
    return (
      <div role="status" aria-busy="true">
        <span className="visually-hidden">{states.loading(what)}</span>
        <SkeletonRows rows={12} />
      </div>
    );
  return (
    <>
      {query.error && <Failure error={query.error} retry={() => void query.refetch()} />}
      {children(rows, query.data.pages.length)}
      {query.hasNextPage && (
        <Button onClick={() => void query.fetchNextPage()} disabled={query.isFetchingNextPage}>
          {more ?? words.older}
        </Button>
      )}
    </>
  );
}
