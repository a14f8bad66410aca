/** Admission reviews of all clusters, newest first. */
import type { Admission } from '@pratique/contract';
import { Link } from 'react-router';
import { useText } from '../../catalogue/use-text.ts';
import { useFormat } from '../../format/format.ts';
import { paths } from '../../format/paths.ts';
import { useAccount } from '../../shell/session.ts';
import { AnsweredPages } from '../../ui/answered-pages.tsx';
import { Button } from '../../ui/button.tsx';
import { Empty } from '../../ui/states.tsx';
import { useSteadyRows } from '../../ui/use-steady-rows.ts';
import { AdmissionTable } from './admission-table.tsx';
import { useAdmissions } from './use-workloads.ts';

const keyOf = (row: Admission): string => String(row.id);

export function Admissions() {
  const { workloads } = useText();
  const { account } = useAccount();
  return (
    <AnsweredPages query={useAdmissions(account)} what={workloads.admissions}>
      {(rows, pages) => <Reviews account={account} rows={rows} pages={pages} />}
    </AnsweredPages>
  );
}

/** New reviews wait above the table; older ones that were asked for begin it anew. */
function Reviews({ account, rows, pages }: { account: string; rows: Admission[]; pages: number }) {
  const { workloads, shell } = useText();
  const { number } = useFormat();
  const { shown, waiting, accept } = useSteadyRows(rows, keyOf, `${account} ${pages}`);
  const empty = (
    <Empty title={workloads.noAdmissions} hint={workloads.noAdmissionsHint}>
      <p>
        <Link className="button" to={paths.workloads(account, { show: 'clusters' })}>
          {workloads.add}
        </Link>
      </p>
    </Empty>
  );
  return (
    <>
      {waiting > 0 && (
        <p className="above-table" role="status">
          <Button onClick={accept}>{shell.newRows(number(waiting))}</Button>
        </p>
      )}
      <AdmissionTable account={account} admissions={shown} empty={empty} />
    </>
  );
}
