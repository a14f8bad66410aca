/** Reads OpenVEX, from 0.0.1 (names and products as strings) to 0.2. */
import { z } from 'zod';
import type { VexDocument, VexProduct, VexStatement } from './statement.ts';

const Identified = z.looseObject({
  '@id': z.string().optional(),
  identifiers: z.looseObject({ purl: z.string().optional() }).optional(),
});
const Component = z.union([z.string(), Identified]);
const Product = z.union([z.string(), Identified.extend({ subcomponents: z.array(Component).optional() })]);

/** @see github.com/openvex/spec, OPENVEX-SPEC.md */
export const OpenVex = z.looseObject({
  '@context': z.string().regex(/^https:\/\/openvex\.dev\/ns/),
  '@id': z.string().min(1),
  author: z.string().optional(),
  timestamp: z.string().optional(),
  statements: z.array(
    z.looseObject({
      vulnerability: z.union([
        z.string(),
        z.looseObject({ '@id': z.string().optional(), name: z.string(), aliases: z.array(z.string()).optional() }),
      ]),
      products: z.array(Product).optional(),
      subcomponents: z.array(Component).optional(),
      status: z.enum(['not_affected', 'affected', 'fixed', 'under_investigation']),
      justification: z.string().optional(),
      impact_statement: z.string().optional(),
      action_statement: z.string().optional(),
      timestamp: z.string().optional(),
      last_updated: z.string().optional(),
    }),
  ),
});

export function readOpenVex(document: z.infer<typeof OpenVex>): VexDocument {
  const author = document.author ?? null;
  const statements = document.statements.map((one): VexStatement => {
    const { vulnerability } = one;
    const shared = (one.subcomponents ?? []).flatMap(idOf);
    return {
      names:
        typeof vulnerability === 'string' ? [vulnerability] : [vulnerability.name, ...(vulnerability.aliases ?? [])],
      products: (one.products ?? []).flatMap((product) => toProduct(product, shared)),
      status: one.status,
      justification: one.justification ?? null,
      statement: one.impact_statement ?? one.action_statement ?? null,
      author,
      document: document['@id'],
      at: one.last_updated ?? one.timestamp ?? document.timestamp ?? null,
    };
  });
  return { id: document['@id'], author, statements };
}

function toProduct(product: z.infer<typeof Product>, shared: readonly string[]): VexProduct[] {
  const own = typeof product === 'string' ? [] : (product.subcomponents ?? []).flatMap(idOf);
  return idOf(product).map((id) => ({ id, components: own.length > 0 ? own : shared }));
}

function idOf(of: z.infer<typeof Component>): string[] {
  const id = typeof of === 'string' ? of : (of.identifiers?.purl ?? of['@id']);
  return id === undefined ? [] : [id];
}
