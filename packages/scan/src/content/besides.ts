/** What a scan wants beside the inventory, and what must be read and remembered for it. */
import { createHash } from 'node:crypto';
import type { BaselineProfile } from '@pratique/contract';
import { BASELINE_REVISION } from '../baseline/list.ts';
import { BASELINE_KEEP_BYTES, baselineWants } from '../baseline/wants.ts';
import type { AlsoKept } from '../inventory/examine.ts';
import { readRules } from '../malware/read-rules.ts';
import { malwareRevision } from '../malware/revision.ts';
import { SECRETS_REVISION } from '../secrets/catalog/list.ts';
import { type ContentInspector, type ContentWanted, inspectContent } from './inspect-content.ts';
import { NO_OWN_RULES, ownRevision } from './own-rules.ts';

export type Wanted = ContentWanted & {
  /** `profile` null for all checks; `now` is what ends of life are judged by. */
  baseline: { profile: BaselineProfile | null; now: Date } | null;
};

/** How contents are chosen, cut and given to the examiners. Raised whenever the same contents would give other facts. */
const CONTENT_REVISION = 2;

/** Names what is looked for and by which rules, for the memory of layers. The salt is in it, and cannot be read from it. */
export function contentRevision({ secrets, malware, baseline, own = NO_OWN_RULES }: Wanted): string {
  const salt = secrets ? createHash('sha256').update(secrets.salt).digest('hex') : '';
  return [
    secrets || malware ? `content ${CONTENT_REVISION}` : '',
    secrets ? `secrets ${SECRETS_REVISION} ${salt}` : '',
    malware ? `malware ${malwareRevision({ own: readRules() })}` : '',
    baseline ? `baseline ${BASELINE_REVISION}` : '',
    secrets || malware ? ownRevision(own) : '',
  ]
    .filter(Boolean)
    .join(', ');
}

const SETTINGS: AlsoKept = { wants: baselineWants, maxBytes: BASELINE_KEEP_BYTES };

/** Runs the reading with all that is wanted. @throws what the reading throws */
export async function withBesides<T>(
  wanted: Wanted,
  read: (besides: { inspector: ContentInspector | null; also: AlsoKept | null }) => Promise<T>,
): Promise<T> {
  const inspector = wanted.secrets || wanted.malware ? inspectContent(wanted) : null;
  try {
    return await read({ inspector, also: wanted.baseline ? SETTINGS : null });
  } finally {
    await inspector?.close();
  }
}
