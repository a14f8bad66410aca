/** Why a finding stands where it stands: its factors, the comparison that was made, what is offered, who has it. */
import { AffectedPackages, type FindingRow, PackagePage } from '@pratique/contract';
import { useQuery } from '@tanstack/react-query';
import { Fragment, lazy, Suspense, useState } from 'react';
import { Link } from 'react-router';
import { queryOf, request } from '../../api/request.ts';
import { within } from '../../api/use-change.ts';
import { useText } from '../../catalogue/use-text.ts';
import { useFormat } from '../../format/format.ts';
import { paths } from '../../format/paths.ts';
import { shellWord } from '../../format/reference.ts';
import { Button } from '../../ui/button.tsx';
import { Command } from '../../ui/copyable.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { SeverityMark } from '../../ui/severity.tsx';
import { Answered, Empty } from '../../ui/states.tsx';
import { Offers } from '../packages/offers.tsx';
import { oneOf, PackageMention } from '../packages/package-mention.tsx';
import { type Factor, factorsOf, IMAGE_POINTS } from './factors.ts';
import { useFinding } from './use-findings.ts';

const ExceptionDialog = lazy(async () => ({
  default: (await import('../policies/exception-dialog.tsx')).ExceptionDialog,
}));

type Props = { account: string; id: string; purl: string; known: FindingRow | undefined; onClose: () => void };

export function FindingWhy({ account, id, purl, known, onClose }: Props) {
  return (
    <Dialog side title={id} onClose={onClose}>
      {known ? <Reasons account={account} row={known} /> : <LookedUp account={account} id={id} purl={purl} />}
    </Dialog>
  );
}

/** Where the address names a finding that no loaded page has. */
function LookedUp({ account, id, purl }: Omit<Props, 'known' | 'onClose'>) {
  const { findings: text } = useText();
  return (
    <Answered query={useFinding(account, id, purl)} what={id}>
      {(row) => (row ? <Reasons account={account} row={row} /> : <Empty title={text.noSuchFinding} />)}
    </Answered>
  );
}

function Reasons({ account, row }: { account: string; row: FindingRow }) {
  const { findings: text, image, words } = useText();
  const [asking, setAsking] = useState(false);
  return (
    <>
      {row.title && <p>{row.title}</p>}
      <Facts account={account} row={row} />
      <h3>{text.priorityOf(String(row.priority))}</h3>
      <Factors row={row} />
      <Evidence account={account} row={row} />
      <Command
        label={words.sameInTerminal}
        text={`pratique advisories show ${shellWord(account)} ${shellWord(row.id)}`}
      />
      <p className="dialog-actions">
        <Button onClick={() => setAsking(true)}>{image.askException}</Button>
        <Link className="button" to={paths.advisory(account, row.id)}>
          {text.openAdvisory}
        </Link>
      </p>
      {asking && (
        <Suspense fallback={null}>
          <ExceptionDialog
            account={account}
            subject={{ kind: 'finding', about: row.id, package: row.package.name, repository: '' }}
            onClose={() => setAsking(false)}
          />
        </Suspense>
      )}
    </>
  );
}

function Facts({ account, row }: { account: string; row: FindingRow }) {
  const { findings: text, image, words } = useText();
  const { number, moment } = useFormat();
  return (
    <dl className="facts">
      <dt>{words.severity}</dt>
      <dd>
        <SeverityMark severity={row.severity} />
      </dd>
      <dt>{words.state}</dt>
      <dd>{row.exploited ? image.exploitedLong : image.status[row.status]}</dd>
      <dt>{image.package}</dt>
      <dd className="pair wraps">
        <PackageMention account={account} of={row.package} />
        <code>{row.package.purl}</code>
      </dd>
      <dt>{image.installed}</dt>
      <dd>
        <code>{row.package.version}</code>
      </dd>
      <dt>{image.fixedIn}</dt>
      <dd>{row.fixedVersion === null ? image.noFix : <code>{row.fixedVersion}</code>}</dd>
      <dt>{text.images}</dt>
      <dd>
        <Link to={paths.package(account, oneOf(row.package), { show: 'images' })}>{number(row.images)}</Link>
        {row.runningImages > 0 && (
          <>
            {' · '}
            <Link to={paths.package(account, oneOf(row.package), { show: 'running' })}>
              {text.ofThemRunning(number(row.runningImages))}
            </Link>
          </>
        )}
      </dd>
      <dt>{text.firstSeen}</dt>
      <dd>{moment(row.firstSeen)}</dd>
      <dt>{text.exception}</dt>
      <dd>{text.excepted[row.excepted]}</dd>
      {row.aliases.length > 0 && (
        <>
          <dt>{image.aliases}</dt>
          <dd>{row.aliases.join(', ')}</dd>
        </>
      )}
    </dl>
  );
}

function Factors({ row }: { row: FindingRow }) {
  const { findings: text, image, words } = useText();
  const said = ({ name, points }: Factor): string => {
    if (name === 'exploited') return row.exploited ? text.saysExploited : text.saysNotExploited;
    if (name === 'likelihood') return points > 0 ? text.saysLikely : text.saysNotLikely;
    if (name === 'severity') return words.severities[row.severity];
    if (row.fixedVersion !== null) return text.saysFix(row.fixedVersion);
    return row.status === 'will-not-fix' ? image.status[row.status] : image.noFix;
  };
  return (
    <>
      <dl className="facts">
        {factorsOf(row).map((factor) => (
          <Fragment key={factor.name}>
            <dt>{image.factors[factor.name]}</dt>
            <dd>
              <strong>{factor.points}</strong> {said(factor)}
            </dd>
          </Fragment>
        ))}
      </dl>
      <p className="quiet">{text.perImage(String(IMAGE_POINTS))}</p>
    </>
  );
}

/** The comparison, and what an upgrade would bring now: both are asked for only here. */
function Evidence({ account, row }: { account: string; row: FindingRow }) {
  const { image } = useText();
  const affected = useAffected(account, row);
  const page = useQuery({
    queryKey: [account, 'packages', 'page', { purl: row.package.purl }],
    queryFn: ({ signal }) => {
      const { type, name, purl } = row.package;
      return request(PackagePage, `${within(account, 'package')}${queryOf({ type, name, purl })}`, { signal });
    },
  });
  return (
    <>
      {affected.data && (
        <>
          <h3>{image.evidence}</h3>
          <dl className="facts">
            <dt>{image.comparison}</dt>
            <dd>
              <code>{affected.data.comparison}</code>
            </dd>
            <dt>{image.advisorySource}</dt>
            <dd>{affected.data.source}</dd>
          </dl>
        </>
      )}
      {page.data && row.package.distribution !== null && (
        <dl className="facts">
          <Offers offered={page.data.offered} />
        </dl>
      )}
    </>
  );
}

function useAffected(account: string, row: FindingRow) {
  return useQuery({
    queryKey: [account, 'advisories', row.id, 'packages', 'first'],
    queryFn: ({ signal }) =>
      request(AffectedPackages, `${within(account, 'advisories', row.id, 'packages')}?limit=200`, { signal }),
    select: ({ packages }) => packages.find((one) => one.purl === row.package.purl) ?? null,
  });
}
