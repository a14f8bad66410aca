/** Clusters beyond their settings: enrolment of an agent, its state, and what runs where. */
import { z } from 'zod';
import { Cluster, NewCluster, NewClusterAnswer } from './governance.ts';

/** `HOST/NAME[:tag][@digest]` of the agent; without it only the webhooks are made. */
const AgentImage = z.string().regex(/^[a-z0-9][\x21-\x7e]{0,499}$/, 'is an image reference');

export const NewClusterWithAgent = NewCluster.extend({
  agentImage: AgentImage.optional(),
  /** Further namespaces beside those that are exempt by default. */
  alsoExempt: z.array(z.string().max(63)).max(100).default([]),
});
export const Enrolment = z.object({ token: z.string(), expiresAt: z.string() });
export const NewClusterWithAgentAnswer = NewClusterAnswer.extend({
  /** null without an agent. */
  enrolment: Enrolment.nullable(),
  warnings: z.array(z.string()),
});
export type NewClusterWithAgentAnswer = z.infer<typeof NewClusterWithAgentAnswer>;

export const NewEnrolment = z.object({ agentImage: AgentImage });
export const NewEnrolmentAnswer = z.object({
  enrolment: Enrolment,
  /** Of the agent alone: the webhooks stay as they are. */
  manifests: z.string(),
  warnings: z.array(z.string()),
});
export type NewEnrolmentAnswer = z.infer<typeof NewEnrolmentAnswer>;

export const AgentState = z.object({
  state: z.enum(['not-enrolled', 'enrolled', 'reporting', 'silent']),
  version: z.string().nullable(),
  enrolledAt: z.string().nullable(),
  reportedAt: z.string().nullable(),
  certificateEndsAt: z.string().nullable(),
  /** Seconds that the cluster's clock is ahead of the server's; negative: behind. */
  clockOffset: z.number().nullable(),
});
export type AgentState = z.infer<typeof AgentState>;

export const ClusterStatus = Cluster.extend({
  agent: AgentState,
  pods: z.number().int(),
  containers: z.number().int(),
  authority: z.object({
    endsAt: z.string(),
    fingerprint: z.string(),
    /** Whether agent and webhooks accept the authority that issues, or the one that is about to; null: nobody has told. */
    isTrusted: z.boolean().nullable(),
  }),
  reviews: z.object({
    lastHour: z.object({ allowed: z.number().int(), denied: z.number().int() }),
    latest: z.array(
      z.object({
        at: z.string(),
        allowed: z.boolean(),
        kind: z.string(),
        namespace: z.string().nullable(),
        name: z.string().nullable(),
        reasons: z.array(z.string()),
      }),
    ),
  }),
});
export type ClusterStatus = z.infer<typeof ClusterStatus>;

const Other = z.object({ since: z.string(), endsAt: z.string(), fingerprint: z.string() });
/** The instance's certificate authority, as clusters are given it. */
export const AuthorityCertificate = z.object({
  /** The one that issues, PEM. */
  certificate: z.string(),
  /** All that clusters are to trust, PEM; one unless the authority is being rotated. */
  bundle: z.string(),
  /** It is handed out, and will issue once every cluster trusts it. */
  next: Other.nullable(),
  /** It issued before, and counts for 31 days more. */
  previous: Other.nullable(),
  endsAt: z.string(),
  /** SHA-256 of the certificate, hex pairs with colons. */
  fingerprint: z.string(),
});
export type AuthorityCertificate = z.infer<typeof AuthorityCertificate>;

/** `begin` makes the next authority, `finish` lets it issue whoever trusts it by now, `forget` ends trust in the one before. */
export const AuthorityRotationStep = z.object({ step: z.enum(['begin', 'finish', 'forget']) });
export const AuthorityRotation = AuthorityCertificate.extend({
  /** Clusters that do not trust the newest authority, as far as is known, and why that is thought. */
  lacking: z.array(
    z.object({ account: z.string(), cluster: z.string(), why: z.enum(['not-there', 'not-told', 'no-agent']) }),
  ),
});
export type AuthorityRotation = z.infer<typeof AuthorityRotation>;
