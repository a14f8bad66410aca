/** Turns an event of the feed into a line: about what, with its address, and what happened. */
import type { Overview } from '@pratique/contract';
import type { Catalogue } from '../../catalogue/catalogue.ts';
import { shortDigest } from '../../format/digest.ts';
import { paths } from '../../format/paths.ts';

export type EventLine = { subject: string | null; to: string | null; what: string };
type Event = Pick<Overview['recent'][number], 'type' | 'data'>;

/** @returns null for events that say nothing to a person: what a chain writes for itself, steps, starts */
export function describeEvent(
  { type, data }: Event,
  account: string,
  text: Catalogue['overview']['event'],
  tags: ReadonlyMap<string, string> = new Map(),
): EventLine | null {
  const field = (name: string): string => (typeof data[name] === 'string' ? data[name] : '');
  const tag = field('tag') || (tags.get(`${field('repository')}@${field('digest')}`) ?? '');
  const image = (what: string): EventLine => ({
    subject: `${field('repository')}${tag ? `:${tag}` : `@${shortDigest(field('digest'))}`}`,
    to: paths.image(account, field('repository'), tag || field('digest')),
    what,
  });
  const line = (what: string): EventLine => ({ subject: null, to: null, what });
  switch (type) {
    case 'tag.pushed':
      return field('origin') === 'push' && !field('subject') ? image(text.pushed(field('actor'))) : null;
    case 'verdict.decided':
      return image(field('decision') === 'allow' ? text.allowed : text.refused);
    case 'run.finished':
      return field('state') === 'failed' ? image(text.failed) : null;
    case 'image.signed':
      return image(text.signed);
    case 'tag.deleted':
      return {
        ...image(text.tagDeleted(field('actor'))),
        to: paths.images(account, { repository: field('repository') }),
      };
    case 'delivery.sent':
      return image(text.sent(field('to')));
    case 'delivery.received':
      return image(text.received(field('from')));
    case 'exception.requested':
      return line(text.exceptionRequested(field('name')));
    case 'exception.approved':
      return line(text.exceptionApproved(field('name')));
    case 'exception.withdrawn':
      return line(text.exceptionWithdrawn(field('name')));
    case 'policy.changed':
      return line(text.policyChanged(field('actor')));
    case 'cluster.changed':
      return line(text.clusterChanged(field('cluster')));
    case 'contract.offered':
      return line(text.contractOffered(field('from')));
    case 'contract.accepted':
      return line(text.contractAccepted(field('by')));
    case 'admission.denied':
      return line(text.admissionDenied([field('namespace'), field('name')].filter((part) => part !== '').join('/')));
    default:
      return null;
  }
}

/** Events that name a digest by a tag. */
const NAMING = new Set(['tag.pushed', 'run.started', 'run.finished']);

/** Tags that people pushed, by what they named: events about a digest are easier to read by its tag. */
export function tagsIn(events: readonly Event[]): Map<string, string> {
  const tags = new Map<string, string>();
  for (const { type, data } of events)
    if (
      NAMING.has(type) &&
      typeof data.tag === 'string' &&
      typeof data.repository === 'string' &&
      typeof data.digest === 'string' &&
      !data.subject
    )
      tags.set(`${data.repository}@${data.digest}`, data.tag);
  return tags;
}
