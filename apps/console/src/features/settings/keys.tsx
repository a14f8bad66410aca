/** The keys that the account signs with. */
import type { SigningKey } from '@pratique/contract';
import { useState } from 'react';
import { useText } from '../../catalogue/use-text.ts';
import { useFormat } from '../../format/format.ts';
import { useAccount } from '../../shell/session.ts';
import { Button } from '../../ui/button.tsx';
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx';
import { Command } from '../../ui/copyable.tsx';
import { Section } from '../../ui/page.tsx';
import { Answered } from '../../ui/states.tsx';
import { useKeys, useRotateKey } from './use-settings.ts';

export function Keys() {
  const { settings } = useText();
  const { account, may } = useAccount();
  const [rotating, setRotating] = useState(false);
  return (
    <>
      <p className="above-table bundle">
        <span>{settings.keysLead}</span>
        {may('owner') && <Button onClick={() => setRotating(true)}>{settings.rotate}</Button>}
      </p>
      <Command
        label={settings.exportKey}
        text={`pratique key export ${account} > ${account}.pub\npratique verify ${account}/NAME:TAG --key ${account}.pub`}
      />
      <Answered query={useKeys(account)} what={settings.keys}>
        {(keys) => keys.map((key) => <Key key={key.id} signingKey={key} />)}
      </Answered>
      {rotating && <RotateDialog onClose={() => setRotating(false)} />}
    </>
  );
}

function Key({ signingKey }: { signingKey: SigningKey }) {
  const { settings, words } = useText();
  const format = useFormat();
  return (
    <Section
      title={<code>{signingKey.id}</code>}
      aside={
        <span className="quiet">
          {signingKey.retiredAt ? `${settings.retired} ${format.moment(signingKey.retiredAt)}` : settings.current}
        </span>
      }
    >
      <dl className="facts above-table">
        <dt>{settings.fingerprint}</dt>
        <dd>
          <code>{signingKey.fingerprint}</code>
        </dd>
        <dt>{words.created}</dt>
        <dd>{format.moment(signingKey.createdAt)}</dd>
      </dl>
      <Command label={settings.publicKey} text={signingKey.publicPem.trim()} />
    </Section>
  );
}

function RotateDialog({ onClose }: { onClose: () => void }) {
  const { settings } = useText();
  const { account } = useAccount();
  const rotate = useRotateKey(account);
  return (
    <ConfirmDialog
      title={settings.rotate}
      lead={settings.rotateLead}
      action={settings.rotate}
      change={rotate}
      onDone={onClose}
      onClose={onClose}
    />
  );
}
