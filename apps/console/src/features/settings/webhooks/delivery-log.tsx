/** What a webhook was sent, and what became of it. */
import type { WebhookDelivery } from '@pratique/contract';
import { useMemo } from 'react';
import { useText } from '../../../catalogue/use-text.ts';
import { useFormat } from '../../../format/format.ts';
import { useAccount } from '../../../shell/session.ts';
import { announce } from '../../../ui/announcements.tsx';
import { AnsweredPages } from '../../../ui/answered-pages.tsx';
import { Button } from '../../../ui/button.tsx';
import { Choice } from '../../../ui/choice.tsx';
import type { Column } from '../../../ui/column.ts';
import { actionColumn, momentColumn, textColumn } from '../../../ui/columns.tsx';
import { DataTable } from '../../../ui/data-table.tsx';
import { Empty, useSentence } from '../../../ui/states.tsx';
import { StepSign } from '../../../ui/step-mark.tsx';
import { useTableState } from '../../../ui/use-table-state.ts';
import { useResend, useWebhookLog } from './use-webhooks.ts';

const STATES = ['due', 'delivered', 'dead'] as const;
const SIGNS = { due: 'queued', delivered: 'succeeded', dead: 'failed' } as const;
const keyOf = (row: WebhookDelivery): string => String(row.id);
const textOf = (row: WebhookDelivery): string => `${row.type} ${row.event ?? ''} ${row.lastError ?? ''}`;

export function DeliveryLog({ webhook }: { webhook: string }) {
  const { webhooks, words } = useText();
  const { account } = useAccount();
  const asked = useTableState().param('letters');
  const columns = useColumns(account, webhook);
  return (
    <AnsweredPages query={useWebhookLog(account, webhook, asked)} what={webhooks.log}>
      {(rows) => (
        <DataTable
          prefix="log-"
          label={webhooks.log}
          rows={rows}
          columns={columns}
          keyOf={keyOf}
          textOf={textOf}
          empty={<Empty title={webhooks.noDeliveries} />}
          filters={
            <Choice
              name="letters"
              label={words.state}
              options={[['', webhooks.anyState], ...STATES.map((state) => [state, webhooks.states[state]] as const)]}
            />
          }
        />
      )}
    </AnsweredPages>
  );
}

function useColumns(account: string, webhook: string): readonly Column<WebhookDelivery>[] {
  const { webhooks, words } = useText();
  const { number } = useFormat();
  const sentence = useSentence();
  const { mutate, isPending } = useResend(account, webhook);
  return useMemo(
    () => [
      textColumn(
        'event',
        webhooks.event,
        (row) => [row.type, row.event].filter((part) => part !== null).join(' '),
        176,
      ),
      {
        id: 'state',
        head: words.state,
        width: 104,
        sort: (row) => row.state,
        cell: (row) => (
          <span className="step-mark">
            <StepSign state={SIGNS[row.state]} />
            {webhooks.states[row.state]}
          </span>
        ),
      },
      {
        id: 'attempts',
        head: webhooks.attempts,
        width: 88,
        number: true,
        sort: (row) => row.attempts,
        cell: (row) => number(row.attempts),
      },
      textColumn('answer', webhooks.answer, (row) => row.lastError ?? row.lastStatus?.toString() ?? null),
      momentColumn('next', webhooks.next, (row) => row.nextAt),
      momentColumn('when', words.when, (row) => row.createdAt),
      actionColumn(
        words.action,
        96,
        (row) =>
          row.state !== 'due' && (
            <Button
              look="bare"
              disabled={isPending}
              onClick={() =>
                mutate(
                  { delivery: row.id },
                  {
                    onSuccess: ({ due }) => announce(webhooks.resent(number(due))),
                    onError: (error) => announce(sentence(error)),
                  },
                )
              }
            >
              {webhooks.resend}
            </Button>
          ),
      ),
    ],
    [webhooks, words, number, mutate, isPending, sentence],
  );
}
