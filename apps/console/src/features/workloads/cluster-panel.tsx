/** One cluster: its agent, what runs there, and what it asked lately. */
import type { Cluster, ClusterStatus, NewEnrolmentAnswer } from '@pratique/contract';
import { useState } from 'react';
import { Link } from 'react-router';
import { useText } from '../../catalogue/use-text.ts';
import { useFormat } from '../../format/format.ts';
import { paths } from '../../format/paths.ts';
import { useAccount } from '../../shell/session.ts';
import { Button } from '../../ui/button.tsx';
import { Command } from '../../ui/copyable.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { Moment } from '../../ui/moment.tsx';
import { Answered } from '../../ui/states.tsx';
import { StepSign } from '../../ui/step-mark.tsx';
import { AgentMark } from './agent-cell.tsx';
import { EnrolDialog } from './enrol-dialog.tsx';
import { ManifestsDialog } from './manifests-dialog.tsx';
import { useClusterStatus } from './use-workloads.ts';
import { workloadName } from './workload-name.ts';

type Props = { cluster: Cluster; onClose: () => void };

/** The panel gives way to what enrols an agent, and comes back after it. */
export function ClusterPanel({ cluster, onClose }: Props) {
  const [enrolling, setEnrolling] = useState(false);
  const [enrolled, setEnrolled] = useState<NewEnrolmentAnswer | null>(null);
  const shown = (made: NewEnrolmentAnswer): void => {
    setEnrolling(false);
    setEnrolled(made);
  };
  if (enrolled) return <ManifestsDialog cluster={cluster.name} made={enrolled} onClose={() => setEnrolled(null)} />;
  if (enrolling) return <EnrolDialog cluster={cluster} onEnrolled={shown} onClose={() => setEnrolling(false)} />;
  return <Known cluster={cluster} onEnrol={() => setEnrolling(true)} onClose={onClose} />;
}

function Known({ cluster, onEnrol, onClose }: Props & { onEnrol: () => void }) {
  const { words, workloads } = useText();
  const { account, may } = useAccount();
  return (
    <Dialog side title={cluster.name} onClose={onClose}>
      <Answered query={useClusterStatus(account, cluster.name)} what={workloads.cluster}>
        {(status) => (
          <>
            <p>{workloads.agentWhy[status.agent.state]}</p>
            {status.agent.state === 'not-enrolled' && (
              <Command text={`pratique cluster enroll ${account}/${cluster.name} --again`} />
            )}
            <AgentFacts status={status} />
            <p className="page-actions">
              {may('maintainer') && (
                <Button onClick={onEnrol}>
                  {status.agent.state === 'not-enrolled' ? workloads.enrol : workloads.enrolAgain}
                </Button>
              )}
              <Link className="button" to={paths.workloads(account, { show: 'running', cluster: cluster.name })}>
                {workloads.seeRunning}
              </Link>
              <Link className="button" to={paths.workloads(account, { q: cluster.name })}>
                {workloads.seeReviews}
              </Link>
            </p>
            <Reviews reviews={status.reviews} />
          </>
        )}
      </Answered>
      <Command label={words.sameInTerminal} text={`pratique cluster status ${account} ${cluster.name}`} />
    </Dialog>
  );
}

function AgentFacts({ status }: { status: ClusterStatus }) {
  const { words, workloads } = useText();
  const format = useFormat();
  const { agent, authority } = status;
  const facts = [
    [workloads.agent, <AgentMark key="agent" state={agent.state} />],
    [workloads.lastReport, agent.reportedAt && <Moment at={agent.reportedAt} />],
    [workloads.pods, agent.reportedAt && format.number(status.pods)],
    [workloads.containers, agent.reportedAt && format.number(status.containers)],
    [workloads.clock, agent.clockOffset === null ? null : <ClockOffset seconds={agent.clockOffset} />],
    [workloads.agentVersion, agent.version],
    [workloads.enrolled, agent.enrolledAt && format.moment(agent.enrolledAt)],
    [workloads.certificateEnds, agent.certificateEndsAt && format.moment(agent.certificateEndsAt)],
    [workloads.mode, workloads.modes[status.mode]],
    [workloads.exempt, status.exemptNamespaces.join(', ')],
    [words.created, format.moment(status.createdAt)],
    [workloads.authority, <Authority key="authority" {...authority} />],
  ] as const;
  return (
    <dl className="facts">
      {facts.map(([head, fact]) => fact !== null && [<dt key={head}>{head}</dt>, <dd key={`${head} fact`}>{fact}</dd>])}
    </dl>
  );
}

function Authority({ endsAt, fingerprint, isTrusted }: ClusterStatus['authority']) {
  const { workloads } = useText();
  const { day } = useFormat();
  return (
    <>
      {workloads.authorityEnds(day(endsAt))}
      <br />
      <code>{fingerprint}</code>
      {isTrusted !== null && (
        <>
          <br />
          {isTrusted ? workloads.authorityTrusted : workloads.authorityNotTrusted}
        </>
      )}
    </>
  );
}

/** A clock that is a few seconds off is right enough. */
const RIGHT_S = 5;

function ClockOffset({ seconds }: { seconds: number }) {
  const { workloads } = useText();
  const { number } = useFormat();
  if (Math.abs(seconds) <= RIGHT_S) return workloads.clockRight;
  const off = number(Math.abs(seconds));
  return seconds > 0 ? workloads.clockAhead(off) : workloads.clockBehind(off);
}

function Reviews({ reviews }: { reviews: ClusterStatus['reviews'] }) {
  const { workloads } = useText();
  const { number } = useFormat();
  const { allowed, denied } = reviews.lastHour;
  return (
    <>
      <h3>{workloads.admissions}</h3>
      <p className="quiet">
        {workloads.lastHour}: {workloads.reviewsOf(number(allowed), number(denied))}
      </p>
      <ul className="items">
        {reviews.latest.map((review) => (
          <li key={`${review.at} ${review.name}`}>
            <StepSign state={review.allowed ? 'succeeded' : 'denied'} />
            <p>
              {workloads.reviewTitle(review.kind, workloadName(review))}
              <small>{review.reasons[0]}</small>
            </p>
            <Moment at={review.at} />
          </li>
        ))}
      </ul>
    </>
  );
}
