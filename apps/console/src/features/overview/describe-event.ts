/** Turns an event of the feed into a line: about what, with its address, and what happened. */
import type { Overview } from '@pratique/contract';
import type { Catalogue } from '../../catalogue/catalogue.ts';
import { shortDigest } from '../../format/digest.ts';
import { paths } from '../../format/paths.ts';
import { type EventLine, TELLS } from './tell-events.ts';

type Event = Pick<Overview['recent'][number], 'type' | 'data'>;

/** @returns null for events that say nothing to a person */
export function describeEvent(
  { type, data }: Event,
  account: string,
  text: Catalogue['overview']['event'],
  tags: ReadonlyMap<string, string> = new Map(),
): EventLine | null {
  const tell = Object.hasOwn(TELLS, type) ? TELLS[type] : undefined;
  if (!tell) return null;
  const field = (name: string): string => (typeof data[name] === 'string' ? data[name] : '');
  const tag = field('tag') || (tags.get(`${field('repository')}@${field('digest')}`) ?? '');
  const image = (what: string): EventLine => ({
    subject: `${field('repository')}${tag ? `:${tag}` : `@${shortDigest(field('digest'))}`}`,
    to: paths.image(account, field('repository'), tag || field('digest')),
    what,
  });
  return tell({ account, text, field, image });
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
