/** Reads the vulnerabilities of a CycloneDX document, with its components or apart from them. */
import type { VexApplied } from '@pratique/contract';
import { z } from 'zod';
import { MAX_PRODUCTS, type VexDocument, type VexStatement } from './statement.ts';

/** @see cyclonedx.org/capabilities/vex, schema 1.4 and later */
export const CycloneDxVex = z.looseObject({
  bomFormat: z.literal('CycloneDX'),
  serialNumber: z.string().optional(),
  metadata: z
    .looseObject({
      timestamp: z.string().optional(),
      supplier: z.looseObject({ name: z.string().optional() }).optional(),
      component: z.unknown().optional(),
    })
    .optional(),
  components: z.array(z.unknown()).optional(),
  vulnerabilities: z.array(
    z.looseObject({
      id: z.string(),
      references: z.array(z.looseObject({ id: z.string() })).optional(),
      updated: z.string().optional(),
      analysis: z
        .looseObject({
          state: z.string().optional(),
          justification: z.string().optional(),
          detail: z.string().optional(),
        })
        .optional(),
      affects: z.array(z.looseObject({ ref: z.string() })).optional(),
    }),
  ),
});

const STATUS: Readonly<Record<string, VexApplied['status']>> = {
  not_affected: 'not_affected',
  false_positive: 'not_affected',
  resolved: 'fixed',
  resolved_with_pedigree: 'fixed',
  exploitable: 'affected',
  in_triage: 'under_investigation',
};
const MAX_DEPTH = 30;

export function readCycloneDxVex(document: z.infer<typeof CycloneDxVex>): VexDocument {
  const id = document.serialNumber ?? 'a CycloneDX document without a serial number';
  const author = document.metadata?.supplier?.name ?? null;
  const purls = new Map<string, string>();
  eachComponent([document.metadata?.component, ...(document.components ?? [])], purls, 0);
  const statements = document.vulnerabilities.flatMap((one): VexStatement[] => {
    const status = STATUS[one.analysis?.state ?? ''];
    if (!status) return []; // without an analysis it is a finding of somebody, and states nothing
    return [
      {
        names: [one.id, ...(one.references ?? []).map((each) => each.id)],
        products: (one.affects ?? []).map(({ ref }) => ({
          id: purls.get(localRef(ref)) ?? localRef(ref),
          components: [],
        })),
        status,
        justification: one.analysis?.justification ?? null,
        statement: one.analysis?.detail ?? null,
        author,
        document: id,
        at: one.updated ?? document.metadata?.timestamp ?? null,
      },
    ];
  });
  return { id, author, statements };
}

/** `urn:cdx:SERIAL/VERSION#REF` names a component of another document: its own reference is what may be a purl. */
function localRef(ref: string): string {
  const link = /^urn:cdx:[^#]+#(.+)$/.exec(ref)?.[1];
  if (link === undefined) return ref;
  try {
    return decodeURIComponent(link);
  } catch {
    return link;
  }
}

const Component = z.looseObject({
  'bom-ref': z.string().optional(),
  purl: z.string().optional(),
  components: z.array(z.unknown()).optional(),
});

function eachComponent(components: readonly unknown[], purls: Map<string, string>, depth: number): void {
  if (depth > MAX_DEPTH) return;
  for (const value of components) {
    const { data } = Component.safeParse(value);
    if (!data || purls.size >= MAX_PRODUCTS) continue;
    if (data['bom-ref'] !== undefined && data.purl !== undefined) purls.set(data['bom-ref'], data.purl);
    if (data.components) eachComponent(data.components, purls, depth + 1);
  }
}
