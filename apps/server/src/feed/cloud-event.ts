/** The form in which events leave the installation: CloudEvents 1.0. */
import type { FeedItem } from '@pratique/contract';

export type EventRow = { seq: number; at: Date; subject: string; type: string; data: Record<string, unknown> };

/** One event of the feed in CloudEvents form; ids are unique within their source. */
export function toCloudEvent(row: EventRow, publicUrl: string, account: string): FeedItem {
  return {
    specversion: '1.0',
    id: String(row.seq),
    source: `${publicUrl}/accounts/${account}`,
    type: `dev.pratique.${row.type}`,
    subject: row.subject,
    time: row.at.toISOString(),
    data: row.data,
  };
}
