/** One secret, recognised by its fingerprint in every image that holds it. */
import type { HeldSecret, SecretHolder } from '@pratique/contract';
import { useMemo } from 'react';
import { Link, useParams } from 'react-router';
import { useText } from '../../catalogue/use-text.ts';
import { useFormat } from '../../format/format.ts';
import { paths } from '../../format/paths.ts';
import { useAccount } from '../../shell/session.ts';
import type { Column } from '../../ui/column.ts';
import { Command, useCopy } from '../../ui/copyable.tsx';
import { PageHead, Section } from '../../ui/page.tsx';
import { SeverityMark } from '../../ui/severity.tsx';
import { Answered, SkeletonRows } from '../../ui/states.tsx';
import { shortFingerprint } from './fingerprint.ts';
import { HeldTable } from './held-table.tsx';
import { holderColumns } from './holder-image.tsx';
import { SecretStateMark } from './secret-state.tsx';
import { useHeldSecret, useSecretHolders } from './use-secrets.ts';

const keyOf = (row: SecretHolder): string => `${row.repository}@${row.digest}`;

export function SecretPage() {
  const { account } = useAccount();
  const { contents } = useText();
  const { fingerprint = '' } = useParams();
  const query = useHeldSecret(account, fingerprint);
  return (
    <div className="page">
      <nav className="crumbs" aria-label={contents.secrets}>
        <Link to={paths.secrets(account)}>{contents.secrets}</Link>
      </nav>
      {!query.data && <PageHead title={shortFingerprint(fingerprint)} />}
      <Answered query={query} what={contents.secrets} skeleton={<SkeletonRows />}>
        {(secret) => <Known account={account} secret={secret} />}
      </Answered>
    </div>
  );
}

function Known({ account, secret }: { account: string; secret: HeldSecret }) {
  const { contents } = useText();
  const { number } = useFormat();
  return (
    <>
      <PageHead
        title={secret.title}
        lead={contents.secretSays(
          contents.heldStates[secret.state],
          number(secret.images),
          number(secret.repositories),
        )}
      />
      <Facts account={account} secret={secret} />
      <p className="above-table">{contents.turnOff}</p>
      <Section title={contents.holders}>
        <HeldTable
          query={useSecretHolders(account, secret.fingerprint)}
          label={contents.holders}
          columns={useColumns(account, secret.fingerprint)}
          keyOf={keyOf}
          isNarrowed={false}
          none={{ title: contents.noHolder }}
        />
      </Section>
      <div className="command-below">
        <Command
          label={contents.acceptRisk}
          text={`pratique exception request ${account} --secret ${secret.fingerprint} --reason '…' --days 30`}
        />
      </div>
    </>
  );
}

function Facts({ account, secret }: { account: string; secret: HeldSecret }) {
  const { contents, words } = useText();
  const copy = useCopy();
  return (
    <dl className="facts above-table">
      <dt>{words.kind}</dt>
      <dd>
        <Link className="named" to={paths.secrets(account, { kind: secret.kind })}>
          {secret.kind}
        </Link>
      </dd>
      <dt>{words.severity}</dt>
      <dd>
        <SeverityMark severity={secret.severity} />
      </dd>
      <dt>{contents.redacted}</dt>
      <dd>
        <code>{secret.redacted}</code>
      </dd>
      <dt>{contents.fingerprint}</dt>
      <dd>
        <button
          type="button"
          className="digest"
          title={words.copyWhole(secret.fingerprint)}
          onClick={() => copy(secret.fingerprint)}
        >
          {shortFingerprint(secret.fingerprint)}…
        </button>{' '}
        <span className="quiet">{contents.fingerprintWhy}</span>
      </dd>
    </dl>
  );
}

function useColumns(account: string, fingerprint: string): readonly Column<SecretHolder>[] {
  const { contents, images, words } = useText();
  const { number } = useFormat();
  return useMemo(
    () => [
      ...holderColumns<SecretHolder>(account, { image: words.image, verdict: images.verdict }),
      { id: 'state', head: words.state, width: 144, cell: (row) => <SecretStateMark state={row.state} /> },
      {
        id: 'place',
        head: contents.place,
        cell: (row) => (
          <span className="pair" title={row.places.map((place) => place.path).join('\n')}>
            <code className="rest clipped">{row.places[0]?.path}</code>
            {row.placeCount > 1 && <span className="quiet">{contents.morePlaces(number(row.placeCount - 1))}</span>}
          </span>
        ),
      },
      {
        id: 'open',
        head: words.detail,
        width: 72,
        cell: (row) => (
          <Link
            to={paths.image(account, row.repository, row.digest, { show: 'secrets', secret: fingerprint })}
            aria-label={contents.details(`${row.repository}:${row.tags[0] ?? row.digest}`)}
          >
            {words.detail}
          </Link>
        ),
      },
    ],
    [account, fingerprint, contents, images, words, number],
  );
}
