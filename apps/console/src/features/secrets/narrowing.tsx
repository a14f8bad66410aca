/** What a link narrowed the list by, beyond the choices: shown, and taken away with a click. */
import { useText } from '../../catalogue/use-text.ts';
import { Button } from '../../ui/button.tsx';
import { useTableState } from '../../ui/use-table-state.ts';

export function Narrowing({ names }: { names: readonly string[] }) {
  const { contents, words } = useText();
  const table = useTableState();
  return names.map((name) => {
    const value = table.param(name);
    return value === '' ? null : (
      <Button
        key={name}
        aria-label={`${words.remove}: ${contents.onlyRule(value)}`}
        onClick={() => table.set({ [name]: '' })}
      >
        {contents.onlyRule(value)} ×
      </Button>
    );
  });
}
