/** A filter with few values, in the address under its own name. */
import { useTableState } from './use-table-state.ts';

export function Choice({
  name,
  label,
  options,
}: {
  name: string;
  label: string;
  options: readonly (readonly [string, string])[];
}) {
  const table = useTableState();
  return (
    <select
      className="input choice"
      aria-label={label}
      value={table.param(name)}
      onChange={(event) => table.set({ [name]: event.target.value })}
    >
      {options.map(([value, text]) => (
        <option key={value} value={value}>
          {text}
        </option>
      ))}
    </select>
  );
}
