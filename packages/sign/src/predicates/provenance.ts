/** SLSA Provenance: which build made the image, from what. */
import { z } from 'zod';
import type { Predicate } from '../statement.ts';
import { PROVENANCE } from './types.ts';

const Resource = z.looseObject({
  uri: z.string().optional(),
  name: z.string().optional(),
  digest: z.record(z.string(), z.string()).optional(),
});

/** @see slsa.dev/spec/v1.1/provenance */
export const Provenance = z.looseObject({
  buildDefinition: z.looseObject({
    buildType: z.string(),
    externalParameters: z.record(z.string(), z.unknown()),
    internalParameters: z.record(z.string(), z.unknown()).optional(),
    resolvedDependencies: z.array(Resource).optional(),
  }),
  runDetails: z.looseObject({
    builder: z.looseObject({ id: z.string(), version: z.record(z.string(), z.string()).optional() }),
    metadata: z
      .looseObject({
        invocationId: z.string().optional(),
        startedOn: z.string().optional(),
        finishedOn: z.string().optional(),
      })
      .optional(),
    byproducts: z.array(Resource).optional(),
  }),
});
export type Provenance = z.infer<typeof Provenance>;

/** @throws ZodError when it is no provenance */
export function provenancePredicate(provenance: Provenance): Predicate {
  return { type: PROVENANCE, body: Provenance.parse(provenance) };
}
