/** What the agent of a cluster and the server say to each other, over mutual TLS but for the enrolment. */
import { z } from 'zod';

/** Names as the API server lets them be: longer or stranger ones come from nobody's cluster. */
const Name = z.string().regex(/^[A-Za-z0-9]([A-Za-z0-9._-]{0,251}[A-Za-z0-9])?$/, 'is a Kubernetes name');
const Uid = z.string().regex(/^[A-Za-z0-9-]{1,64}$/, 'is a uid');
const Sha256 = z.string().regex(/^sha256:[0-9a-f]{64}$/, 'is a sha256 digest');

export const RunningContainer = z.object({
  name: Name,
  /** As the pod's specification has it. */
  image: z.string().regex(/^[\x21-\x7e]{1,1000}$/, 'is an image reference'),
  /** What the specification pins; null when it names a tag alone. */
  pinned: Sha256.nullable(),
  /** What the runtime says that it runs; null before the image is there. */
  running: Sha256.nullable(),
  /** ISO 8601; null while the container waits. */
  startedAt: z.iso.datetime({ offset: true }).nullable(),
});
export type RunningContainer = z.infer<typeof RunningContainer>;

export const RunningPod = z.object({
  uid: Uid,
  namespace: Name,
  name: Name,
  /** What made the pod; a Deployment is named rather than its ReplicaSet. null for a pod by itself. */
  workload: z.object({ kind: z.string().regex(/^[A-Za-z0-9]{1,63}$/), name: Name }).nullable(),
  containers: z.array(RunningContainer).max(500),
});
export type RunningPod = z.infer<typeof RunningPod>;

/** Pods in one message; a larger cluster is told in several. */
export const PODS_PER_REPORT = 500;

const Fingerprints = z.array(z.string().regex(/^[0-9a-f]{64}$/, 'is the SHA-256 of a certificate')).max(20);
/** Which authorities (SHA-256 of each certificate's DER) the server is checked by, in the cluster. */
export const AgentTrust = z.object({
  agent: Fingerprints,
  /** What all webhooks of this server have in common; null when the agent could not read them. */
  webhooks: Fingerprints.nullable(),
});
export type AgentTrust = z.infer<typeof AgentTrust>;

/**
 * Messages of one snapshot and the changes after it carry one `generation`, numbered from 0: the server notices one that
 * is missing and asks for a new snapshot. What a snapshot does not name by its last part runs no more.
 */
export const AgentReport = z.object({
  version: z.string().max(60),
  /** The agent's own clock, ISO 8601. */
  clock: z.iso.datetime(),
  generation: z.uuid(),
  sequence: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER),
  kind: z.enum(['snapshot', 'changes']),
  /** Of a snapshot: whether this part is its last. */
  last: z.boolean(),
  pods: z.array(RunningPod).max(PODS_PER_REPORT),
  /** Pods that run no more. */
  ended: z.array(Uid).max(10_000),
  trust: AgentTrust.optional(),
});
export type AgentReport = z.infer<typeof AgentReport>;

/** `resync`: a message was lost, or the server knows nothing of the generation; send a snapshot. */
export const AgentReportAnswer = z.object({
  outcome: z.enum(['taken', 'resync']),
  /** Seconds until the next report is due at the latest. */
  nextWithin: z.number().int().min(1),
  /** Certificates by which the server is checked from now on, PEM; absent when the agent has them. */
  authority: z.string().max(100_000).optional(),
  /** The agent's certificate is by an authority that is going: it asks for another at once. */
  renew: z.boolean().optional(),
});
export type AgentReportAnswer = z.infer<typeof AgentReportAnswer>;

export const AgentEnrolment = z.object({
  token: z.string().regex(/^[A-Za-z0-9_-]{20,100}$/, 'is an enrolment token'),
  /** PKCS #10, PEM; of its content only the public key counts. */
  csr: z.string().max(8000),
});
export const AgentRenewal = AgentEnrolment.pick({ csr: true });
export const AgentIdentity = z.object({ certificate: z.string(), authority: z.string() });
export type AgentIdentity = z.infer<typeof AgentIdentity>;
