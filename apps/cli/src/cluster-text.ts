/** A cluster's state in text. */
import type { ClusterStatus } from '@pratique/contract';
import { visible } from './text.ts';

const moment = (iso: string) => `${iso.slice(0, 19).replace('T', ' ')} UTC`;

export function describeCluster(cluster: ClusterStatus): string {
  const { agent, reviews } = cluster;
  const lines = [
    `${cluster.name}  ${agent.state.toUpperCase()}`,
    `  mode ${cluster.mode}; exempt: ${cluster.exemptNamespaces.join(' ')}`,
    ...describeAgent(agent),
    `  ${cluster.pods} pods, ${cluster.containers} containers${agent.state === 'silent' ? ' when it was last heard; they stay held from deletion' : ''}`,
    `  authority of the webhooks valid until ${cluster.authority.endsAt.slice(0, 10)}`,
    ...(cluster.authority.isTrusted === false
      ? [`  agent or webhooks do not trust the newest authority: pratique cluster ca --patch ${cluster.name} | sh`]
      : []),
    '',
    `Reviews in the last hour: ${reviews.lastHour.allowed} allowed, ${reviews.lastHour.denied} denied`,
  ];
  for (const review of reviews.latest) {
    const what = `${review.kind} ${review.namespace ?? ''}/${review.name ?? ''}`;
    lines.push(`  ${moment(review.at)}  ${review.allowed ? 'allowed' : 'denied '}  ${visible(what)}`);
    if (review.reasons[0]) lines.push(`      ${visible(review.reasons[0]).slice(0, 300)}`);
  }
  return lines.join('\n');
}

function describeAgent(agent: ClusterStatus['agent']): string[] {
  if (agent.state === 'not-enrolled')
    return ['  no agent has enrolled: where images run is not known; pratique cluster enroll NAME --again'];
  const lines = [
    `  agent ${agent.version === null ? '' : `${visible(agent.version)}, `}enrolled ${moment(agent.enrolledAt ?? '')}, last report ${agent.reportedAt ? moment(agent.reportedAt) : 'none yet'}`,
    `  its certificate is valid until ${moment(agent.certificateEndsAt ?? '')}`,
  ];
  const offset = agent.clockOffset ?? 0;
  if (Math.abs(offset) >= 60)
    lines.push(
      `  its clock is ${Math.round(Math.abs(offset) / 60)} minutes ${offset > 0 ? 'ahead of' : 'behind'} the server’s; set it (NTP)`,
    );
  return lines;
}
