/** What went to other accounts, what came from them, and under which contracts. */
import { useState } from 'react';
import { useText } from '../../catalogue/use-text.ts';
import { useAccount } from '../../shell/session.ts';
import { Button } from '../../ui/button.tsx';
import { PageHead, Tabs, useShown } from '../../ui/page.tsx';
import { Answered, Empty } from '../../ui/states.tsx';
import { Contracts } from './contracts.tsx';
import { DeliverDialog } from './deliver-dialog.tsx';
import { ReceiptTable } from './receipt-table.tsx';
import { SentTable } from './sent-table.tsx';
import { useReceipts } from './use-deliveries.ts';

export function DeliveriesPage() {
  const { deliveries } = useText();
  const { may } = useAccount();
  const [delivering, setDelivering] = useState(false);
  const tabs = [
    { id: 'receipts', label: deliveries.receipts },
    { id: 'sent', label: deliveries.requests },
    { id: 'contracts', label: deliveries.contracts },
  ];
  const shown = useShown(tabs);
  return (
    <div className="page">
      <PageHead title={deliveries.title} lead={deliveries.lead}>
        {may('developer') && (
          <Button look="primary" onClick={() => setDelivering(true)}>
            {deliveries.deliver}
          </Button>
        )}
      </PageHead>
      <Tabs tabs={tabs} label={deliveries.title} />
      {shown === 'receipts' && <Receipts />}
      {shown === 'sent' && <SentTable />}
      {shown === 'contracts' && <Contracts />}
      {delivering && <DeliverDialog onClose={() => setDelivering(false)} />}
    </div>
  );
}

function Receipts() {
  const { deliveries } = useText();
  const { account } = useAccount();
  const empty = (
    <Empty
      title={deliveries.noReceipts}
      hint={deliveries.noReceiptsHint}
      command={`pratique deliver ${account}/NAME:TAG --to ACCOUNT/NAME:TAG`}
    />
  );
  return (
    <Answered query={useReceipts(account)} what={deliveries.receipts}>
      {(receipts) => <ReceiptTable account={account} receipts={receipts} empty={empty} />}
    </Answered>
  );
}
