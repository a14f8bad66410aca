/** What stands where data will be: skeletons, failures, and pages that are still empty. */
import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { RequestError } from '../api/request.ts';
import { useText } from '../catalogue/use-text.ts';
import { Button } from './button.tsx';
import { Command } from './copyable.tsx';
import './states.css';

type Props<T> = {
  query: UseQueryResult<T>;
  /** What is awaited, for who cannot see the skeleton. */
  what: string;
  skeleton?: ReactNode;
  children: (value: T) => ReactNode;
};

/** Shows a query in whichever state it is. An answer stays on screen while a later attempt fails, with the failure above it. */
export function Answered<T>({ query, what, skeleton = <SkeletonRows />, children }: Props<T>) {
  const { states } = useText();
  if (query.data !== undefined)
    return (
      <>
        {query.error && <Failure error={query.error} retry={() => void query.refetch()} />}
        {children(query.data)}
      </>
    );
  if (query.error) return <Failure error={query.error} retry={() => void query.refetch()} />;
  return (
    <div role="status" aria-busy="true">
      <span className="visually-hidden">{states.loading(what)}</span>
      {skeleton}
    </div>
  );
}

/** @param change it was a change that failed, not a look */
export function Failure({
  error,
  retry,
  change = false,
}: {
  error: Error;
  retry?: (() => void) | undefined;
  change?: boolean;
}) {
  const { states } = useText();
  const known = error instanceof RequestError ? error : null;
  const title = change
    ? states.notDone
    : known?.code === 'forbidden'
      ? states.forbiddenTitle
      : known?.code === 'not-found'
        ? states.notFoundTitle
        : states.failedTitle;
  return (
    <div className="failure" role="alert">
      <StateTitle>{title}</StateTitle>
      <p>{useSentence()(error)}</p>
      {known?.requestId && (
        <p className="quiet">
          {states.requestId} <code>{known.requestId}</code>
        </p>
      )}
      {retry && known?.code !== 'forbidden' && known?.code !== 'not-found' && (
        <Button onClick={retry}>{states.tryAgain}</Button>
      )}
    </div>
  );
}

/** The sentence for an error: the server's own, or ours where no server spoke. */
export function useSentence(): (error: Error) => string {
  const { states } = useText();
  return (error) => {
    if (!(error instanceof RequestError)) return error.message;
    if (error.code === 'unreachable') return states.unreachable;
    if (error.code === 'unexpected-answer') return states.unexpected(error.message);
    return error.message;
  };
}

/** No heading: a state stands wherever there is nothing else, at any depth of the page's outline. */
function StateTitle({ children }: { children: ReactNode }) {
  return <p className="state-title">{children}</p>;
}

/** Nothing is there: what would be, and the command that fills it. */
export function Empty({
  title,
  hint,
  command,
  children,
}: {
  title: string;
  hint?: string;
  command?: string;
  children?: ReactNode;
}) {
  return (
    <div className="empty">
      <StateTitle>{title}</StateTitle>
      {hint && <p>{hint}</p>}
      {command && <Command text={command} />}
      {children}
    </div>
  );
}

export function SkeletonRows({ rows = 8 }: { rows?: number }) {
  return (
    <div className="skeleton-rows" aria-hidden="true">
      {Array.from({ length: rows }, (_, index) => (
        <div key={index} className="skeleton-row">
          <i />
          <i />
          <i />
          <i />
        </div>
      ))}
    </div>
  );
}
