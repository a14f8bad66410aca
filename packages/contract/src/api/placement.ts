/** A container that runs in a cluster. */
import { z } from 'zod';

export const Placement = z.object({
  cluster: z.string(),
  namespace: z.string(),
  workload: z.object({ kind: z.string(), name: z.string() }).nullable(),
  pod: z.string(),
  container: z.string(),
  image: z.string(),
  /** What the pod pins, or what it runs where it pins nothing; null while neither is known. */
  digest: z.string().nullable(),
  /** What the runtime runs, where that is something else. */
  runningDigest: z.string().nullable(),
  /** null while the container waits. */
  startedAt: z.string().nullable(),
  /** When the cluster's agent was last heard of; `isSilent`: longer ago than it should be. */
  heardAt: z.string().nullable(),
  isSilent: z.boolean(),
});
export type Placement = z.infer<typeof Placement>;
