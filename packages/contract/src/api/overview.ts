/** What an account's first page shows: decisions, troubles, advisories, health. */
import { z } from 'zod';
import { ContentOverview } from './contents.ts';

export const AdvisoryStatus = z.object({
  snapshot: z.string(),
  sources: z.array(
    z.object({
      name: z.string(),
      date: z.string().nullable(),
      records: z.number().int(),
      licence: z.string().nullable(),
    }),
  ),
  /** How the server's feeds fared when they were fetched last; one that failed leaves what it brought before. */
  feeds: z
    .array(
      z.object({
        name: z.string(),
        triedAt: z.string(),
        succeededAt: z.string().nullable(),
        error: z.string().nullable(),
      }),
    )
    .optional(),
  /** Where a store on disk was updated from. */
  received: z
    .object({
      from: z.string(),
      fingerprint: z.string(),
      serial: z.number().int(),
      date: z.string(),
      receivedAt: z.string(),
      lastFailure: z.object({ at: z.string(), error: z.string() }).nullable(),
    })
    .optional(),
});
export type AdvisoryStatus = z.infer<typeof AdvisoryStatus>;

export const Overview = z.object({
  account: z.string(),
  images: z.number().int(),
  allowed: z.number().int(),
  denied: z.number().int(),
  undecided: z.number().int(),
  failedRuns: z.array(
    z.object({
      id: z.string(),
      repository: z.string(),
      tag: z.string().nullable(),
      step: z.string(),
      error: z.string().nullable(),
      at: z.string(),
    }),
  ),
  waiting: z.array(
    z.object({
      runId: z.string(),
      repository: z.string(),
      tag: z.string().nullable(),
      step: z.string(),
      since: z.string(),
      digest: z.string().default(''),
      requestedBy: z.string().default(''),
      /** Of the approvals that are needed, how many were given. */
      given: z.number().int().default(0),
      needed: z.number().int().default(1),
      expiresAt: z.string().nullable().default(null),
      /** Names, and `role:NAME`; none: maintainers and owners. */
      approvers: z.array(z.string()).default([]),
      /** Who has approved. */
      answeredBy: z.array(z.string()).default([]),
    }),
  ),
  requestedExceptions: z.array(z.object({ name: z.string(), owner: z.string(), reason: z.string() })),
  expiring: z.array(
    z.object({
      repository: z.string(),
      digest: z.string(),
      validUntil: z.string(),
      /** Why it has not been renewed; null where nobody has looked yet. */
      error: z.string().nullable().default(null),
    }),
  ),
  /** Webhooks with events that were given up. */
  deadLetters: z.array(z.object({ webhook: z.string(), count: z.number().int() })).default([]),
  /** Emergencies in force. */
  breakGlass: z
    .array(
      z.object({
        name: z.string(),
        by: z.string(),
        reason: z.string(),
        namespaces: z.array(z.string()),
        until: z.string(),
      }),
    )
    .default([]),
  /** Clusters whose agent reported once, and no longer does. */
  silentClusters: z.array(z.object({ name: z.string(), heardAt: z.string() })).default([]),
  /** Images by what is known of their contents; absent where the server does not say. */
  contents: ContentOverview.optional(),
  /** Since 24 hours ago. */
  changes: z.object({
    pushes: z.number().int(),
    allowed: z.number().int(),
    denied: z.number().int(),
    deliveriesSent: z.number().int(),
    deliveriesReceived: z.number().int(),
    admissionsAllowed: z.number().int(),
    admissionsDenied: z.number().int(),
  }),
  recent: z.array(
    z.object({
      seq: z.number(),
      at: z.string(),
      type: z.string(),
      subject: z.string(),
      data: z.record(z.string(), z.unknown()),
    }),
  ),
  deniedAdmissions: z.array(
    z.object({
      id: z.number(),
      at: z.string(),
      namespace: z.string().nullable(),
      name: z.string().nullable(),
      kind: z.string(),
      reasons: z.array(z.string()),
    }),
  ),
  health: z.object({
    processes: z.array(
      z.object({ name: z.string(), state: z.string(), restarts: z.number().int(), detail: z.string().nullable() }),
    ),
    advisories: AdvisoryStatus.nullable(),
    queue: z.object({ waiting: z.number().int(), failed: z.number().int() }),
  }),
});
export type Overview = z.infer<typeof Overview>;
