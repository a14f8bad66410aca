/** Changes the trust policy: the text, what the server says of it, and a trial before it counts. */
import { type FormEvent, useState } from 'react';
import { useText } from '../../../catalogue/use-text.ts';
import { useAccount } from '../../../shell/session.ts';
import { announce } from '../../../ui/announcements.tsx';
import { Button } from '../../../ui/button.tsx';
import { Dialog } from '../../../ui/dialog.tsx';
import { AreaField } from '../../../ui/field.tsx';
import { Failure } from '../../../ui/states.tsx';
import { useTableState } from '../../../ui/use-table-state.ts';
import { TryImage } from './try-image.tsx';
import { useSetTrustPolicy, useTrustPolicy } from './use-trust.ts';

const EXAMPLE = `version: 1
rules:
  - name: partner
    images: [registry.partner.example/**]
    authorities:
      anyOf:
        - key: account:partner
`;

/** @param version of the text, 0 where there is none; saved over the one in force, whichever text was begun with */
export function PolicyEditor({ version, text, onClose }: { version: number; text: string; onClose: () => void }) {
  const { trust, words } = useText();
  const { account } = useAccount();
  const table = useTableState();
  const [draft, setDraft] = useState(text === '' ? EXAMPLE : text);
  const { data: current } = useTrustPolicy(account);
  // The version that was in force when the dialog opened: what somebody else saves meanwhile is not overwritten.
  const [begunAt] = useState(current?.version ?? version);
  const set = useSetTrustPolicy(account);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    set.mutate(
      { policy: draft, ifVersion: begunAt },
      {
        onSuccess: (saved) => {
          announce(trust.saved(String(saved.version)));
          table.set({ version: '' });
          onClose();
        },
      },
    );
  };
  return (
    <Dialog side="wide" title={version === 0 ? trust.set : trust.change} onClose={onClose}>
      <form className="form" onSubmit={submit}>
        <p>{trust.changeLead}</p>
        {version !== begunAt && <p className="quiet">{trust.basedOn(String(version))}</p>}
        <AreaField
          label={trust.yaml}
          hint={trust.filesHint}
          className="mono"
          rows={20}
          required
          spellCheck={false}
          value={draft}
          onChange={(event) => {
            setDraft(event.target.value);
            if (set.error) set.reset();
          }}
        />
        {set.error && <Failure error={set.error} change />}
        <p className="dialog-actions">
          <Button onClick={onClose}>{words.cancel}</Button>
          <Button type="submit" look="primary" disabled={set.isPending}>
            {trust.save}
          </Button>
        </p>
      </form>
      <h3>{trust.testDraft}</h3>
      <TryImage draft={draft} />
    </Dialog>
  );
}
