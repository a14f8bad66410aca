/** What updates of the advisories changed about one hole, the newest first. */
import { useText } from '../../catalogue/use-text.ts';
import { Empty } from '../../ui/states.tsx';
import { ChangeTable } from '../updates/change-table.tsx';
import { useAdvisoryChanges } from './use-advisory.ts';

export function AdvisoryHistory({ account, id }: { account: string; id: string }) {
  const { advisory } = useText();
  return (
    <ChangeTable
      account={account}
      query={useAdvisoryChanges(account, id)}
      of="advisory"
      empty={<Empty title={advisory.noHistory} hint={advisory.noHistoryHint} />}
    />
  );
}
