/** The advisory whose name is typed into the palette, as one types it. */
import { useNavigate } from 'react-router';
import { useText } from '../../catalogue/use-text.ts';
import { nameOfAdvisory } from '../../features/advisory/names-in.ts';
import { paths } from '../../format/paths.ts';
import type { Entry } from './entries.ts';

export function useAdvisoryEntries(account: string, q: string): Entry[] {
  const { image } = useText();
  const navigate = useNavigate();
  const name = nameOfAdvisory(q);
  if (name === null) return [];
  const run = (): void => void navigate(paths.advisory(account, name));
  return [{ id: `advisory:${name}`, group: image.advisory, label: name, run }];
}
