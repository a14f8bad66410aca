/** What clusters check the server by, and its replacement, step by step. */
import type { AuthorityCertificate, AuthorityRotation } from '@pratique/contract';
import { useState } from 'react';
import { useText } from '../../../catalogue/use-text.ts';
import { useFormat } from '../../../format/format.ts';
import { useAccount, useMe } from '../../../shell/session.ts';
import { Button } from '../../../ui/button.tsx';
import { Command } from '../../../ui/copyable.tsx';
import { Section } from '../../../ui/page.tsx';
import { Answered } from '../../../ui/states.tsx';
import { Lacking } from './lacking.tsx';
import { RotateDialog } from './rotate-dialog.tsx';
import { type RotationStep, useAuthority, useRotation } from './use-authority.ts';

export function Authority() {
  const { authority } = useText();
  const { data: me } = useMe();
  return (
    <>
      <p className="above-table">{authority.lead}</p>
      {me?.admin ? <ForAdministrators /> : <ForOthers />}
    </>
  );
}

function ForOthers() {
  const { authority } = useText();
  const { account } = useAccount();
  return (
    <Answered query={useAuthority(account)} what={authority.title}>
      {(found) => (
        <>
          <Certificates found={found} />
          <p className="quiet">{authority.onlyAdministrators}</p>
          <Bundle pem={found.bundle} />
        </>
      )}
    </Answered>
  );
}

function ForAdministrators() {
  const { authority } = useText();
  const { account } = useAccount();
  return (
    <Answered query={useRotation(account)} what={authority.title}>
      {(found) => (
        <>
          <Steps found={found} />
          <Certificates found={found} />
          <Section title={authority.lacking}>
            <Lacking rotation={found} />
          </Section>
          <Bundle pem={found.bundle} />
        </>
      )}
    </Answered>
  );
}

type Texts = ReturnType<typeof useText>['authority'];

/** Where the rotation is, in a sentence. */
function stateOf(authority: Texts, { next, previous, lacking }: AuthorityRotation): string {
  if (next) return lacking.length > 0 ? authority.waits(String(lacking.length)) : authority.switches;
  return previous ? authority.done : authority.quiet;
}

function Steps({ found }: { found: AuthorityRotation }) {
  const { authority } = useText();
  const [asked, setAsked] = useState<RotationStep | null>(null);
  const offered: RotationStep[] = [found.next ? 'finish' : 'begin', ...(found.previous ? (['forget'] as const) : [])];
  return (
    <>
      <div className="above-table bundle">
        <span>{stateOf(authority, found)}</span>
        <span className="page-actions">
          {offered.map((step) => (
            <Button key={step} onClick={() => setAsked(step)}>
              {authority.steps[step]}
            </Button>
          ))}
        </span>
      </div>
      {asked && <RotateDialog step={asked} lacking={found.lacking.length} onClose={() => setAsked(null)} />}
    </>
  );
}

function Certificates({ found }: { found: AuthorityCertificate }) {
  const { authority } = useText();
  const { day } = useFormat();
  const facts = [
    [authority.issues, found, authority.until(day(found.endsAt))],
    [authority.next, found.next, found.next && authority.handedOut(day(found.next.endsAt), day(found.next.since))],
    [authority.previous, found.previous, found.previous && authority.replaced(day(found.previous.since))],
  ] as const;
  return (
    <dl className="facts">
      {facts.map(
        ([head, one, text]) =>
          one && [
            <dt key={head}>{head}</dt>,
            <dd key={`${head} fact`}>
              {text}
              <br />
              <code>{one.fingerprint}</code>
            </dd>,
          ],
      )}
    </dl>
  );
}

function Bundle({ pem }: { pem: string }) {
  const { authority, words } = useText();
  return (
    <Section title={authority.bundle}>
      <Command label={words.sameInTerminal} text="pratique cluster ca" />
      <Command label="PEM" text={pem} />
    </Section>
  );
}
