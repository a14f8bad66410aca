/** Why a finding is there: the comparison, the data it was made from, and the command that gives the same. */
import type { Finding, ImageStatus, RankedFinding } from '@pratique/contract';
import { Fragment, lazy, Suspense, useState } from 'react';
import { Link } from 'react-router';
import { useText } from '../../../catalogue/use-text.ts';
import { paths } from '../../../format/paths.ts';
import { imageName } from '../../../format/reference.ts';
import { Button } from '../../../ui/button.tsx';
import { Command, DigestText } from '../../../ui/copyable.tsx';
import { Dialog } from '../../../ui/dialog.tsx';
import { SeverityMark } from '../../../ui/severity.tsx';
import { AdvisoryMention } from '../../advisory/advisory-mention.tsx';
import { FindingVex } from './finding-vex.tsx';

const ExceptionDialog = lazy(async () => ({
  default: (await import('../../policies/exception-dialog.tsx')).ExceptionDialog,
}));

export function FindingWhy({
  image,
  finding,
  onClose,
}: {
  image: ImageStatus;
  finding: RankedFinding;
  onClose: () => void;
}) {
  const { image: text, words, vex } = useText();
  const [asking, setAsking] = useState(false);
  const name = imageName(image.account, image.repository, image.reference);
  return (
    <Dialog side title={finding.id} onClose={onClose}>
      {finding.title && <p>{finding.title}</p>}
      <Facts finding={finding} image={image} />
      {finding.vex && (
        <>
          <h3>{vex.said}</h3>
          <FindingVex account={image.account} said={finding.vex} />
        </>
      )}
      <h3>{text.evidence}</h3>
      <Evidence finding={finding} />
      <h3>{text.priorityOf(finding.priority.score)}</h3>
      <Factors finding={finding} />
      <Command label={words.sameInTerminal} text={`pratique explain ${name} ${finding.id}`} />
      <p className="dialog-actions">
        <Button onClick={() => setAsking(true)}>{text.askException}</Button>
      </p>
      {asking && (
        <Suspense fallback={null}>
          <ExceptionDialog
            account={image.account}
            subject={{
              kind: 'finding',
              about: finding.id,
              package: finding.package.name,
              repository: image.repository,
            }}
            onClose={() => setAsking(false)}
          />
        </Suspense>
      )}
    </Dialog>
  );
}

function Facts({ finding, image }: { finding: Finding; image: ImageStatus }) {
  const { image: text, words } = useText();
  return (
    <dl className="facts">
      <dt>{text.advisory}</dt>
      <dd>
        <AdvisoryMention account={image.account} id={finding.id} />
      </dd>
      <dt>{words.severity}</dt>
      <dd>
        <SeverityMark severity={finding.severity} />
      </dd>
      <dt>{words.state}</dt>
      <dd>{finding.exploited ? text.exploitedLong : text.status[finding.status]}</dd>
      <dt>{text.package}</dt>
      <dd>
        <Link
          className="named"
          to={paths.image(image.account, image.repository, image.reference, {
            show: 'packages',
            q: finding.package.name,
          })}
        >
          {finding.package.name}
        </Link>{' '}
        <code>{finding.package.purl}</code>
      </dd>
      <dt>{text.installed}</dt>
      <dd>
        <code>{finding.package.version}</code>
      </dd>
      <dt>{text.fixedIn}</dt>
      <dd>{finding.fixedVersion ? <code>{finding.fixedVersion}</code> : text.noFix}</dd>
      {finding.aliases.length > 0 && (
        <>
          <dt>{text.aliases}</dt>
          <dd>{finding.aliases.join(', ')}</dd>
        </>
      )}
    </dl>
  );
}

function Evidence({ finding }: { finding: Finding }) {
  const { image: text } = useText();
  const { evidence } = finding;
  return (
    <dl className="facts">
      <dt>{text.comparison}</dt>
      <dd>
        <code>{evidence.comparison}</code>
      </dd>
      <dt>{text.advisorySource}</dt>
      <dd>
        {evidence.source}, {evidence.advisory}
      </dd>
      <dt>{text.severityFrom}</dt>
      <dd>{evidence.severitySource ?? text.noSeverity}</dd>
      <dt>{text.snapshot}</dt>
      <dd>
        <DigestText digest={evidence.snapshot} />
      </dd>
    </dl>
  );
}

/** What the score is made of; what adds nothing is said too, for it may only not be known. */
function Factors({ finding }: { finding: RankedFinding }) {
  const { image: text } = useText();
  return (
    <dl className="facts">
      {finding.priority.factors.map((factor) => (
        <Fragment key={factor.name}>
          <dt>{text.factors[factor.name]}</dt>
          <dd>
            <strong>{factor.points}</strong> {factor.detail}
          </dd>
        </Fragment>
      ))}
    </dl>
  );
}
