/** Above a table: its filters, how many rows they leave, and which columns are shown. */
import { type ReactNode, useEffect, useState } from 'react';
import { useText } from '../catalogue/use-text.ts';
import { useFormat } from '../format/format.ts';
import type { TableState } from './use-table-state.ts';

const PAUSE_MS = 150;

type Props = {
  table: TableState;
  columns: readonly { id: string; head: string }[];
  filters: ReactNode;
  shown: number;
  all: number;
  label: string;
  /** Says how many rows there are; by default how many the filter leaves of all. */
  count?: (shown: string, all: string) => string;
  /** False where the text that narrows the rows is given elsewhere. */
  hasFilter?: boolean;
};

export function TableTools({ table, columns, filters, shown, all, label, count, hasFilter = true }: Props) {
  const { words } = useText();
  const format = useFormat();
  return (
    <div className="table-tools">
      {hasFilter && (
        <FilterInput value={table.q} label={`${words.filter}: ${label}`} onChange={(q) => table.set({ q })} />
      )}
      {filters}
      <span className="table-count quiet" role="status">
        {(count ?? words.rows)(format.number(shown), format.number(all))}
      </span>
      <details className="column-choice">
        <summary className="button">{words.columns}</summary>
        <fieldset>
          <legend className="visually-hidden">{words.columns}</legend>
          {columns.slice(1).map((column) => (
            <label key={column.id}>
              <input
                type="checkbox"
                checked={!table.hidden.has(column.id)}
                onChange={() => table.set({ hide: toggled(table.hidden, column.id) })}
              />
              {column.head}
            </label>
          ))}
        </fieldset>
      </details>
    </div>
  );
}

function toggled(hidden: ReadonlySet<string>, id: string): string {
  return [...(hidden.has(id) ? hidden.difference(new Set([id])) : hidden.union(new Set([id])))].join(',');
}

/** Writes to the address only when typing pauses: browsers limit how often it may change. */
export function FilterInput({
  value,
  label,
  hint,
  onChange,
}: {
  value: string;
  label: string;
  hint?: string;
  onChange: (value: string) => void;
}) {
  const { words } = useText();
  const [typed, setTyped] = useState(value);
  useEffect(() => setTyped(value), [value]);
  useEffect(() => {
    if (typed === value) return;
    const timer = setTimeout(() => onChange(typed), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [typed, value, onChange]);
  return (
    <input
      type="search"
      className="input"
      value={typed}
      placeholder={hint ?? words.filter}
      aria-label={label}
      onChange={(event) => setTyped(event.target.value)}
    />
  );
}
