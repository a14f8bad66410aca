/** What updates of the advisories changed for the account since yesterday; nothing where none did. */
import { Link } from 'react-router';
import { useText } from '../../catalogue/use-text.ts';
import { useFormat } from '../../format/format.ts';
import { paths } from '../../format/paths.ts';
import { useNow } from '../../ui/moment.tsx';
import { sinceYesterday } from '../updates/say-update.ts';
import { useLatestUpdates } from '../updates/use-updates.ts';

export function AdvisoriesChanged({ account }: { account: string }) {
  const { overview } = useText();
  const { number } = useFormat();
  const { data } = useLatestUpdates(account);
  const updates = sinceYesterday(data?.updates ?? [], useNow());
  const [only] = updates;
  if (!only) return null;
  const sum = (of: 'affected' | 'cleared' | 'changed'): string =>
    number(updates.reduce((total, update) => total + update[of], 0));
  return (
    <p>
      <Link className="named" to={updates.length === 1 ? paths.update(account, only.id) : paths.updates(account)}>
        {overview.advisoriesChanged(number(updates.length), updates.length)}
      </Link>{' '}
      {overview.advisoriesSum(sum('affected'), sum('cleared'), sum('changed'))}
    </p>
  );
}
