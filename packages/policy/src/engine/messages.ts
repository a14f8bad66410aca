/** Messages of the engine's protocol, as they are answered (apps/policy-engine/protocol.go). */
import { z } from 'zod';

/** One thing wrong in a bundle: which template or constraint, in which of its sources, where. Line and column count from 1; 0 is the whole. */
export const Problem = z.object({
  template: z.string().default(''),
  constraint: z.string().default(''),
  source: z.string(),
  line: z.number(),
  column: z.number(),
  message: z.string(),
});
export type Problem = z.infer<typeof Problem>;

export const EngineResult = z.object({
  /** `Kind/name` */
  constraint: z.string(),
  violations: z.array(z.object({ msg: z.string(), details: z.unknown() })).default([]),
  /** Text of an evaluation that failed; empty when it did not. It counts as a violation. */
  error: z.string().default(''),
});
export type EngineResult = z.infer<typeof EngineResult>;

export const Answer = z.object({
  id: z.number(),
  error: z.object({ code: z.string(), message: z.string(), problems: z.array(Problem).default([]) }).optional(),
  results: z.array(EngineResult).default([]),
  bundles: z.array(z.string()).default([]),
  scopes: z.array(z.string()).default([]),
  evaluations: z.number().default(0),
  heapBytes: z.number().default(0),
});
export type Answer = z.infer<typeof Answer>;

/** A request without its id, which the connection gives it. */
export type EngineRequest =
  | { op: 'load'; bundle: string; templates: readonly object[]; constraints: readonly object[] }
  | {
      op: 'eval';
      bundle: string;
      target: string;
      constraints: readonly string[];
      review: unknown;
      timeoutMs: number;
      inventory?: string | undefined;
      maxViolations?: number | undefined;
    }
  | { op: 'inventory'; scope: string; document: unknown }
  | { op: 'status' };
