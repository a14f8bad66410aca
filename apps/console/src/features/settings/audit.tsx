/** Who did what, when, from where. */
import type { AuditEntry } from '@pratique/contract';
import { useMemo } from 'react';
import { useText } from '../../catalogue/use-text.ts';
import { shortMiddle } from '../../format/digest.ts';
import { useFormat } from '../../format/format.ts';
import { useAccount } from '../../shell/session.ts';
import { AnsweredPages } from '../../ui/answered-pages.tsx';
import type { Column } from '../../ui/column.ts';
import { DataTable } from '../../ui/data-table.tsx';
import { Empty } from '../../ui/states.tsx';
import { useAudit } from './use-settings.ts';

const keyOf = (row: AuditEntry): string => String(row.id);
const textOf = (row: AuditEntry): string =>
  `${row.actor} ${row.action} ${row.subject} ${row.requestId} ${row.address ?? ''} ${JSON.stringify(row.detail)}`;

export function Audit() {
  const { settings } = useText();
  const { account } = useAccount();
  const columns = useColumns();
  return (
    <AnsweredPages query={useAudit(account)} what={settings.audit}>
      {(rows) => (
        <DataTable
          label={settings.audit}
          rows={rows}
          columns={columns}
          keyOf={keyOf}
          textOf={textOf}
          empty={<Empty title={settings.noAudit} />}
        />
      )}
    </AnsweredPages>
  );
}

function useColumns(): readonly Column<AuditEntry>[] {
  const { settings, words } = useText();
  const format = useFormat();
  return useMemo(
    () => [
      {
        id: 'when',
        head: words.when,
        width: 176,
        sort: (row) => row.id,
        cell: (row) => <time dateTime={row.at}>{format.moment(row.at)}</time>,
      },
      { id: 'actor', head: words.actor, width: 120, sort: (row) => row.actor, cell: (row) => row.actor },
      {
        id: 'action',
        head: words.action,
        width: 144,
        sort: (row) => row.action,
        cell: (row) => <code>{row.action}</code>,
      },
      {
        id: 'subject',
        head: settings.subject,
        sort: (row) => row.subject,
        cell: (row) => <span title={row.subject}>{shortMiddle(row.subject, 64)}</span>,
      },
      {
        id: 'detail',
        head: words.detail,
        cell: (row) => {
          const detail = JSON.stringify(row.detail);
          return detail === '{}' ? '' : <code title={detail}>{detail}</code>;
        },
      },
      { id: 'address', head: words.address, width: 104, sort: (row) => row.address ?? '', cell: (row) => row.address },
      {
        id: 'request',
        head: settings.requestId,
        width: 144,
        cell: (row) => <code title={row.requestId}>{shortMiddle(row.requestId, 17)}</code>,
      },
    ],
    [settings, words, format],
  );
}
