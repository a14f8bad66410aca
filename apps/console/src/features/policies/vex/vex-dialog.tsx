/** One VEX document: who says it, whether it counts, what it states, and taking it back. */
import type { VexDocumentContent, VexDocumentInfo } from '@pratique/contract';
import { useState } from 'react';
import { useText } from '../../../catalogue/use-text.ts';
import { useFormat } from '../../../format/format.ts';
import { shellWord } from '../../../format/reference.ts';
import { OnlyFor } from '../../../shell/only-for.tsx';
import { announce } from '../../../ui/announcements.tsx';
import { Button } from '../../../ui/button.tsx';
import { ConfirmDialog } from '../../../ui/confirm-dialog.tsx';
import { Command } from '../../../ui/copyable.tsx';
import { Dialog } from '../../../ui/dialog.tsx';
import { Answered } from '../../../ui/states.tsx';
import { ImageMention } from '../../image/image-mention.tsx';
import { StatementTable } from './statement-table.tsx';
import { useVexDocument, useWithdrawVex } from './use-vex.ts';
import { VexState } from './vex-state.tsx';

type Props = { account: string; of: VexDocumentInfo; onClose: () => void };

export function VexDialog({ account, of, onClose }: Props) {
  const { vex, words } = useText();
  const query = useVexDocument(account, of.id);
  return (
    <Dialog side="wide" title={of.document} onClose={onClose}>
      {of.refused && (
        <p className="vex-refused" role="note">
          {vex.refusedBecause(of.refused)}
        </p>
      )}
      <Facts account={account} of={of} />
      <Answered query={query} what={vex.statements}>
        {(content) => <Statements account={account} content={content} />}
      </Answered>
      {of.state === 'in-force' && (
        <>
          <OnlyFor role="maintainer">
            <Withdraw account={account} of={of} />
          </OnlyFor>
          <Command label={words.sameInTerminal} text={`pratique vex withdraw ${shellWord(account)} ${of.id}`} />
        </>
      )}
    </Dialog>
  );
}

function Facts({ account, of }: { account: string; of: VexDocumentInfo }) {
  const { vex, words } = useText();
  const { moment } = useFormat();
  return (
    <dl className="facts">
      <dt>{words.state}</dt>
      <dd>
        <VexState state={of.state} />
      </dd>
      <dt>{vex.author}</dt>
      <dd>{of.author ?? vex.noAuthor}</dd>
      <dt>{vex.about}</dt>
      <dd>
        {of.image ? (
          <ImageMention account={account} repository={of.image.repository} reference={of.image.digest} />
        ) : (
          vex.anyImageLong
        )}
      </dd>
      <dt>{vex.source}</dt>
      <dd>
        {vex.sources[of.source]}
        {of.signer && `, ${vex.signedBy(of.signer)}`}
      </dd>
      <dt>{vex.added}</dt>
      <dd>{vex.when(of.addedBy, moment(of.addedAt))}</dd>
      {of.withdrawnAt && (
        <>
          <dt>{vex.withdrawn}</dt>
          <dd>{vex.when(of.withdrawnBy ?? '', moment(of.withdrawnAt))}</dd>
        </>
      )}
    </dl>
  );
}

function Statements({ account, content }: { account: string; content: VexDocumentContent }) {
  const { vex } = useText();
  const { number } = useFormat();
  return (
    <>
      {content.statements > content.shown.length && (
        <p className="quiet">{vex.cut(number(content.shown.length), number(content.statements))}</p>
      )}
      <StatementTable account={account} statements={content.shown} />
    </>
  );
}

function Withdraw({ account, of }: { account: string; of: VexDocumentInfo }) {
  const { vex } = useText();
  const { number } = useFormat();
  const [asking, setAsking] = useState(false);
  const withdraw = useWithdrawVex(account, of.id);
  return (
    <>
      <p className="dialog-actions">
        <Button onClick={() => setAsking(true)}>{vex.withdrawDots}</Button>
      </p>
      {asking && (
        <ConfirmDialog
          title={vex.withdrawTitle(of.document)}
          lead={vex.withdrawLead(number(of.statements), of.statements)}
          action={vex.withdraw}
          change={withdraw}
          onDone={() => {
            announce(vex.withdrawDone);
            setAsking(false);
          }}
          onClose={() => setAsking(false)}
        />
      )}
    </>
  );
}
