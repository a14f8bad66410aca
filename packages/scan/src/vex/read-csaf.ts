/** Reads the VEX profile of CSAF 2.0 and 2.1. */
import { z } from 'zod';
import { MAX_PRODUCTS, type VexDocument, type VexProduct, type VexStatement } from './statement.ts';

const FullName = z.looseObject({
  product_id: z.string(),
  name: z.string().optional(),
  product_identification_helper: z
    .looseObject({ purl: z.string().optional(), purls: z.array(z.string()).optional() })
    .optional(),
});
const Ids = z.array(z.string()).optional();

/** @see OASIS CSAF 2.0, section 4.5 */
export const Csaf = z.looseObject({
  document: z.looseObject({
    csaf_version: z.string(),
    publisher: z.looseObject({ name: z.string().optional() }).optional(),
    tracking: z.looseObject({ id: z.string(), current_release_date: z.string().optional() }),
  }),
  product_tree: z
    .looseObject({
      branches: z.array(z.unknown()).optional(),
      full_product_names: z.array(FullName).optional(),
      relationships: z
        .array(
          z.looseObject({
            category: z.string(),
            full_product_name: FullName,
            product_reference: z.string(),
            relates_to_product_reference: z.string(),
          }),
        )
        .optional(),
    })
    .optional(),
  vulnerabilities: z
    .array(
      z.looseObject({
        cve: z.string().optional(),
        ids: z.array(z.looseObject({ text: z.string() })).optional(),
        product_status: z
          .looseObject({
            known_not_affected: Ids,
            fixed: Ids,
            first_fixed: Ids,
            known_affected: Ids,
            under_investigation: Ids,
          })
          .optional(),
        flags: z.array(z.looseObject({ label: z.string(), product_ids: Ids })).optional(),
        threats: z
          .array(z.looseObject({ category: z.string(), details: z.string().optional(), product_ids: Ids }))
          .optional(),
      }),
    )
    .optional(),
});

const STATUS = [
  ['known_not_affected', 'not_affected'],
  ['fixed', 'fixed'],
  ['first_fixed', 'fixed'],
  ['known_affected', 'affected'],
  ['under_investigation', 'under_investigation'],
] as const;
const MAX_DEPTH = 30;

export function readCsaf(csaf: z.infer<typeof Csaf>): VexDocument {
  const { tracking, publisher } = csaf.document;
  const [id, author, at] = [tracking.id, publisher?.name ?? null, tracking.current_release_date ?? null];
  const products = productsOf(csaf);
  const statements: VexStatement[] = [];
  for (const one of csaf.vulnerabilities ?? []) {
    const names = [...(one.cve ? [one.cve] : []), ...(one.ids ?? []).map((each) => each.text)];
    for (const [key, status] of STATUS)
      for (const productId of one.product_status?.[key] ?? []) {
        const named = products.get(productId);
        if (!named) continue;
        const speaks = (ids: string[] | undefined) => ids?.includes(productId) ?? false;
        statements.push({
          names,
          products: named,
          status,
          justification: one.flags?.find((flag) => speaks(flag.product_ids))?.label ?? null,
          statement:
            one.threats?.find((threat) => threat.category === 'impact' && speaks(threat.product_ids))?.details ?? null,
          author,
          document: id,
          at,
        });
      }
  }
  return { id, author, statements };
}

/** What each product id stands for: a purl, or a purl as a part of another product. */
function productsOf({ product_tree: tree }: z.infer<typeof Csaf>): Map<string, VexProduct[]> {
  const purls = new Map<string, string[]>();
  const add = ({ product_id: id, product_identification_helper: helper }: z.infer<typeof FullName>) => {
    if (purls.size < MAX_PRODUCTS) purls.set(id, helper?.purls ?? (helper?.purl ? [helper.purl] : []));
  };
  for (const each of tree?.full_product_names ?? []) add(each);
  eachBranch(tree?.branches ?? [], add, 0);
  const products = new Map(
    [...purls].map(([id, of]) => [id, of.map((purl): VexProduct => ({ id: purl, components: [] }))]),
  );
  for (const {
    full_product_name: whole,
    product_reference: part,
    relates_to_product_reference: of,
  } of tree?.relationships ?? []) {
    if (products.size >= MAX_PRODUCTS) break;
    const own = whole.product_identification_helper?.purl;
    const parts = purls.get(part) ?? [];
    const hosts = purls.get(of) ?? [];
    // A module, an operating system: the whole has a name of no package, the part is what is installed.
    if (own) products.set(whole.product_id, [{ id: own, components: [] }]);
    else if (hosts.length > 0)
      products.set(
        whole.product_id,
        hosts.map((host) => ({ id: host, components: parts })),
      );
    else
      products.set(
        whole.product_id,
        parts.map((purl) => ({ id: purl, components: [] })),
      );
  }
  return products;
}

const Branch = z.looseObject({ branches: z.array(z.unknown()).optional(), product: FullName.optional() });

function eachBranch(
  branches: readonly unknown[],
  add: (product: z.infer<typeof FullName>) => void,
  depth: number,
): void {
  if (depth > MAX_DEPTH) return;
  for (const value of branches) {
    const { data } = Branch.safeParse(value);
    if (data?.product) add(data.product);
    if (data?.branches) eachBranch(data.branches, add, depth + 1);
  }
}
