/** Webhooks: where events go, and whether they arrive. */
import type { Webhook } from '@pratique/contract';
import { useMemo, useState } from 'react';
import { useText } from '../../../catalogue/use-text.ts';
import { useFormat } from '../../../format/format.ts';
import { OnlyFor } from '../../../shell/only-for.tsx';
import { useAccount } from '../../../shell/session.ts';
import { AnsweredTable } from '../../../ui/answered-table.tsx';
import { Button } from '../../../ui/button.tsx';
import type { Column } from '../../../ui/column.ts';
import { momentColumn, textColumn } from '../../../ui/columns.tsx';
import { Empty } from '../../../ui/states.tsx';
import { useTableState } from '../../../ui/use-table-state.ts';
import { CreateWebhookDialog } from './create-webhook-dialog.tsx';
import { KeyDialog } from './key-dialog.tsx';
import { useWebhooks } from './use-webhooks.ts';
import { WebhookPanel } from './webhook-panel.tsx';
import { WebhookState } from './webhook-state.tsx';

const keyOf = (row: Webhook): string => row.name;
const textOf = (row: Webhook): string => `${row.name} ${row.origin} ${row.types.join(' ')}`;

export function Webhooks() {
  return (
    <OnlyFor role="maintainer">
      <WebhookTable />
    </OnlyFor>
  );
}

function WebhookTable() {
  const { settings, webhooks } = useText();
  const { account } = useAccount();
  const table = useTableState();
  const [creating, setCreating] = useState(false);
  const [key, setKey] = useState<string | null>(null);
  const columns = useColumns((webhook) => table.set({ webhook }));
  const query = useWebhooks(account);
  const open = query.data?.find((one) => one.name === table.param('webhook'));
  const empty = (
    <Empty
      title={webhooks.none}
      hint={webhooks.noneHint}
      command={`pratique webhook create ${account} pager --url https://pager.example/hooks/1 --type "verdict.*"`}
    />
  );
  return (
    <>
      <p className="above-table bundle">
        <span>{webhooks.lead}</span>
        <Button onClick={() => setCreating(true)}>{webhooks.create}</Button>
      </p>
      <AnsweredTable
        label={settings.webhooks}
        query={query}
        columns={columns}
        keyOf={keyOf}
        textOf={textOf}
        empty={empty}
      />
      {creating && <CreateWebhookDialog onKey={setKey} onClose={() => setCreating(false)} />}
      {open && <WebhookPanel webhook={open} onKey={setKey} onClose={() => table.set({ webhook: '', letters: '' })} />}
      {key !== null && <KeyDialog secret={key} onClose={() => setKey(null)} />}
    </>
  );
}

function useColumns(open: (webhook: string) => void): readonly Column<Webhook>[] {
  const { webhooks, words } = useText();
  const { number } = useFormat();
  return useMemo(
    () => [
      {
        id: 'name',
        head: webhooks.name,
        width: 144,
        sort: (row) => row.name,
        cell: (row) => (
          <Button look="bare" onClick={() => open(row.name)}>
            {row.name}
          </Button>
        ),
      },
      textColumn('origin', webhooks.origin, (row) => row.origin),
      textColumn('types', webhooks.types, (row) => row.types.join(', '), 144),
      {
        id: 'state',
        head: words.state,
        width: 88,
        sort: (row) => (row.enabled ? -row.dead : 1),
        cell: (row) => <WebhookState webhook={row} />,
      },
      {
        id: 'due',
        head: webhooks.due,
        width: 72,
        number: true,
        sort: (row) => row.due,
        cell: (row) => number(row.due),
      },
      {
        id: 'dead',
        head: webhooks.dead,
        width: 88,
        number: true,
        sort: (row) => row.dead,
        cell: (row) => number(row.dead),
      },
      momentColumn('delivered', webhooks.lastDelivered, (row) => row.lastDeliveredAt, webhooks.never),
      textColumn('error', webhooks.lastError, (row) => row.lastError),
    ],
    [open, webhooks, words, number],
  );
}
