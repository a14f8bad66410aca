/** What each kind of event says to a person. Kinds that are not here say nothing: what a chain writes for itself, steps, starts. */
import type { Catalogue } from '../../catalogue/catalogue.ts';
import { shortDigest } from '../../format/digest.ts';
import { paths } from '../../format/paths.ts';

export type EventLine = { subject: string | null; to: string | null; what: string };
export type Told = {
  account: string;
  text: Catalogue['overview']['event'];
  /** A text of the event's data; empty where there is none. */
  field: (name: string) => string;
  /** A line about the image that the event names. */
  image: (what: string) => EventLine;
};

const line = (what: string): EventLine => ({ subject: null, to: null, what });
const about = (subject: string, to: string, what: string): EventLine => ({ subject, to, what });
const exception =
  (say: (text: Told['text'], name: string, by: string) => string) =>
  ({ account, text, field }: Told): EventLine =>
    about(
      field('name'),
      paths.policies(account, { show: 'exceptions', exception: field('name') }),
      say(text, field('name'), field('by')),
    );
const foreign =
  (say: (text: Told['text']) => string) =>
  ({ account, text, field }: Told): EventLine => {
    const reference = field('reference');
    const name = `${field('name')}${reference.startsWith('sha256:') ? '@' : ':'}${reference}`;
    return about(
      reference.startsWith('sha256:') ? `${field('name')}@${shortDigest(reference)}` : name,
      paths.policies(account, { show: 'trust', foreign: name }),
      say(text),
    );
  };
const placement =
  (say: (text: Told['text'], workload: string, cluster: string) => string) =>
  ({ account, text, field }: Told): EventLine => {
    const workload = [field('namespace'), field('workload')].filter((part) => part !== '').join('/');
    return about(
      field('image').split('@')[0] ?? '',
      paths.workloads(account, { show: 'running', cluster: field('cluster') }),
      say(text, workload, field('cluster')),
    );
  };
const vex =
  (say: (text: Told['text'], by: string) => string) =>
  ({ account, text, field }: Told): EventLine =>
    about(field('document'), paths.policies(account, { show: 'vex', vex: field('id') }), say(text, field('by')));
const workloadOf = ({ field }: Told): string =>
  [field('namespace'), field('name')].filter((part) => part !== '').join('/');

export const TELLS: Readonly<Record<string, (told: Told) => EventLine | null>> = {
  'tag.pushed': ({ text, field, image }) =>
    field('origin') === 'push' && !field('subject') ? image(text.pushed(field('actor'))) : null,
  'tag.deleted': ({ account, text, field, image }) => ({
    ...image(text.tagDeleted(field('actor'))),
    to: paths.images(account, { repository: field('repository') }),
  }),
  'verdict.decided': ({ text, field, image }) => image(field('decision') === 'allow' ? text.allowed : text.refused),
  'verdict.withdrawn': ({ text, field, image }) => image(text.withdrawn(field('reason'))),
  'verdict.renewed': ({ text, image }) => image(text.renewed),
  'verdict.revoked': ({ text, field, image }) => image(text.revoked(field('by'), field('reason'))),
  'verdict.ending': ({ text, field, image }) => image(text.ending(field('reason'))),
  'verdict.expired': ({ text, image }) => image(text.expired),
  'image.signed': ({ text, image }) => image(text.signed),
  // Told of what came back; its tag may be none of the original's.
  'image.repaired': ({ account, text, field }) => {
    const [repository, tag, repaired] = [field('repository'), field('tag'), field('repaired')];
    return about(
      `${repository}${tag ? `:${tag}` : `@${shortDigest(repaired)}`}`,
      paths.image(account, repository, tag || repaired),
      text.repaired(shortDigest(field('digest'))),
    );
  },
  'repair.failed': ({ account, text, field, image }) =>
    field('mode') === 'preview'
      ? null
      : { ...image(text.repairFailed(field('reason'))), to: paths.repair(account, field('repairId')) },
  'image.revoked': ({ text, field }) => line(text.digestRevoked(shortDigest(field('digest')), field('by'))),
  'image.reinstated': ({ text, field }) => line(text.digestReinstated(shortDigest(field('digest')), field('by'))),
  'run.finished': ({ text, field, image }) => (field('state') === 'failed' ? image(text.failed) : null),
  'delivery.sent': ({ text, field, image }) => image(text.sent(field('to'))),
  'delivery.received': ({ text, field, image }) => image(text.received(field('from'))),
  'delivery.failed': ({ account, text, field }) =>
    about(field('to'), paths.deliveries(account, { show: 'sent' }), text.deliveryFailed(field('reason'))),
  'exception.requested': exception((text) => text.exceptionRequested),
  'exception.approved': exception((text) => text.exceptionApproved),
  'exception.rejected': exception((text, _name, by) => text.exceptionRejected(by)),
  'exception.withdrawn': exception((text) => text.exceptionWithdrawn),
  'exception.ending': exception((text) => text.exceptionEnding),
  'exception.expired': exception((text) => text.exceptionExpired),
  'break-glass.opened': exception((text, _name, by) => text.breakGlassOpened(by)),
  'break-glass.used': (told) =>
    about(
      told.field('breakGlass'),
      paths.policies(told.account, { show: 'exceptions', exception: told.field('breakGlass') }),
      told.text.breakGlassUsed(workloadOf(told)),
    ),
  'vex.added': vex((text, by) => text.vexAdded(by)),
  'vex.withdrawn': vex((text, by) => text.vexWithdrawn(by)),
  'chain.defined': ({ account, text, field }) =>
    about(field('chain'), paths.chain(account, field('chain')), text.chainDefined(field('by'))),
  'chain.retired': ({ account, text, field }) =>
    about(field('chain'), paths.policies(account, { show: 'chains' }), text.chainRetired(field('by'))),
  'policy.changed': ({ text, field }) => line(text.policyChanged(field('actor'))),
  'trust-policy.changed': ({ text, field }) => line(text.trustChanged(field('actor'))),
  'foreign-image.trusted': foreign((text) => text.foreignTrusted),
  'foreign-image.refused': foreign((text) => text.foreignRefused),
  'foreign-image.unreachable': foreign((text) => text.foreignUnreachable),
  'webhook.changed': ({ account, text, field }) =>
    about(
      field('webhook'),
      paths.settings(account, { show: 'webhooks', webhook: field('webhook') }),
      text.webhookChanged(field('by')),
    ),
  'webhook.given-up': ({ account, text, field }) =>
    about(
      field('webhook'),
      paths.settings(account, { show: 'webhooks', webhook: field('webhook') }),
      text.webhookGivenUp(field('type')),
    ),
  'placement.started': placement((text, workload, cluster) => text.started(workload, cluster)),
  'placement.ended': placement((text, workload, cluster) => text.ended(workload, cluster)),
  'cluster.changed': ({ account, text, field }) =>
    about(
      field('cluster'),
      paths.workloads(account, { show: 'clusters', cluster: field('cluster') }),
      (text.clusterActions as Record<string, string>)[field('action').replace('cluster.', '')] ??
        text.clusterActions.change,
    ),
  'contract.offered': ({ text, field }) => line(text.contractOffered(field('from'))),
  'contract.accepted': ({ text, field }) => line(text.contractAccepted(field('by'))),
  'contract.ended': ({ text, field }) => line(text.contractEnded(field('by'))),
  'admission.denied': (told) => line(told.text.admissionDenied(workloadOf(told))),
};
