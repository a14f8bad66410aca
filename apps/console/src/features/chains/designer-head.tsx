/** Which chain it is, whether it is saved, and the buttons that save, discard and retire. */
import type { ChainVersion } from '@pratique/contract';
import { useState } from 'react';
import { useRemoval } from '../../api/use-change.ts';
import { useText } from '../../catalogue/use-text.ts';
import { useAccount } from '../../shell/session.ts';
import { Button } from '../../ui/button.tsx';
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx';
import { Moment } from '../../ui/moment.tsx';
import { PageHead } from '../../ui/page.tsx';

type Props = {
  name: string;
  /** The version that was changed; null for a new chain. */
  base: ChainVersion | null;
  dirty: boolean;
  canSave: boolean;
  onSave: () => void;
  onRevert: () => void;
  onRetired: () => void;
};

export function DesignerHead({ name, base, dirty, canSave, onSave, onRevert, onRetired }: Props) {
  const { chains, words } = useText();
  const { account, may } = useAccount();
  const [retiring, setRetiring] = useState(false);
  const retire = useRemoval(account, 'chains', name);
  const lead = base ? (
    <>
      {chains.versionBy(String(base.version), base.createdBy)} · <Moment at={base.createdAt} />
      {dirty && ` · ${chains.changed}`}
    </>
  ) : (
    chains.unsaved
  );
  return (
    <PageHead title={name} lead={may('maintainer') ? lead : chains.readOnly}>
      {dirty && base && <Button onClick={onRevert}>{chains.revert}</Button>}
      {may('maintainer') && (
        <>
          {base && (
            <Button look="danger" onClick={() => setRetiring(true)}>
              {chains.retire}
            </Button>
          )}
          <Button look="primary" disabled={!canSave} onClick={onSave}>
            {base ? chains.save(String(base.version + 1)) : words.save}
          </Button>
        </>
      )}
      {retiring && base && (
        <ConfirmDialog
          title={chains.retireTitle(name)}
          lead={chains.retireLead(base.definition.repositories.join(', '))}
          action={chains.retire}
          change={retire}
          onDone={onRetired}
          onClose={() => setRetiring(false)}
        />
      )}
    </PageHead>
  );
}
