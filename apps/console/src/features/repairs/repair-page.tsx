/** One repair, or what one would do: its state, both images side by side, and everything it changes and leaves. */
import type { Repair } from '@pratique/contract';
import { Link, useParams } from 'react-router';
import { useText } from '../../catalogue/use-text.ts';
import { useFormat } from '../../format/format.ts';
import { paths } from '../../format/paths.ts';
import { imageName } from '../../format/reference.ts';
import { useAccount } from '../../shell/session.ts';
import { Command } from '../../ui/copyable.tsx';
import { Moment } from '../../ui/moment.tsx';
import { PageHead } from '../../ui/page.tsx';
import { Answered, Failure, SkeletonRows } from '../../ui/states.tsx';
import { useTableState } from '../../ui/use-table-state.ts';
import { RepairActions } from './repair-actions.tsx';
import { commandOf } from './repair-dialog.tsx';
import { RepairMark } from './repair-mark.tsx';
import { RepairReport } from './repair-report.tsx';
import { imageOf, sayRepair } from './say-repair.ts';
import { Sides } from './sides.tsx';
import { useAskRepair, useRepair } from './use-repairs.ts';
import './repairs.css';

export function RepairPage() {
  const { account } = useAccount();
  const { repairs, shell } = useText();
  const { repair = '' } = useParams();
  const query = useRepair(account, repair);
  return (
    <div className="page">
      <nav className="crumbs" aria-label={shell.images}>
        <Link to={paths.images(account)}>{shell.images}</Link>
        {query.data && (
          <>
            <span aria-hidden="true">/</span>
            <Link to={paths.images(account, { repository: query.data.repository })}>{query.data.repository}</Link>
          </>
        )}
      </nav>
      {!query.data && <PageHead title={repairs.tab} />}
      <Answered query={query} what={repairs.tab} skeleton={<SkeletonRows rows={12} />}>
        {(found) => <Known account={account} repair={found} />}
      </Answered>
    </div>
  );
}

function Known({ account, repair }: { account: string; repair: Repair }) {
  const { repairs, words } = useText();
  const format = useFormat();
  const table = useTableState();
  const ask = useAskRepair(account);
  const isPreview = repair.mode === 'preview';
  const name = imageName(account, repair.repository, repair.tag ?? repair.digest);
  return (
    <>
      <PageHead
        title={(isPreview ? repairs.previewTitle : repairs.title)(imageOf(repair))}
        lead={<span role="status">{sayRepair(repair, repairs, format)}</span>}
      >
        <RepairActions account={account} repair={repair} ask={ask} />
      </PageHead>
      {ask.error && <Failure error={ask.error} change />}
      <p className="repair-state">
        <RepairMark state={repair.state} />
        <span className="quiet">
          {repairs.scopes[repair.scope]} · {repairs.askedBy} {repair.requestedBy}, <Moment at={repair.createdAt} />
        </span>
      </p>
      {repair.finishedAt === null && repair.error !== null && (
        <p className="repair-note" role="note">
          {repairs.retried(repair.error)}
        </p>
      )}
      <Sides account={account} repair={repair} />
      {repair.state === 'done' && <RepairReport account={account} repair={repair} />}
      {repair.finishedAt === null && (
        <div className="repair-awaited">
          <SkeletonRows rows={6} />
        </div>
      )}
      <div className="command-below">
        <Command
          label={words.sameInTerminal}
          text={commandOf(name, { scope: repair.scope, smokeStart: table.param('start') !== '', isPreview })}
        />
      </div>
    </>
  );
}
