/** A mention of an update of the advisories. */
import { Link } from 'react-router';
import { useText } from '../../catalogue/use-text.ts';
import { paths } from '../../format/paths.ts';

export function UpdateLink({ account, update }: { account: string; update: number }) {
  const { updates } = useText();
  return <Link to={paths.update(account, update)}>{updates.number(String(update))}</Link>;
}
