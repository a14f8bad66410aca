/** Resolves the product tree of a CSAF document: which component of which platform, and in which module, an id names. */
import { z } from 'zod';

const Helper = z
  .looseObject({ cpe: z.string().max(500).optional(), purl: z.string().max(1000).optional() })
  .optional()
  .catch(undefined);
const Product = z.looseObject({
  product_id: z.string(),
  name: z.string().optional(),
  product_identification_helper: Helper,
});
const Branch = z.looseObject({
  category: z.string().optional(),
  name: z.string().optional(),
  product: Product.optional(),
  branches: z.array(z.unknown()).optional(),
});
export const ProductTree = z.looseObject({
  branches: z.array(z.unknown()).optional(),
  relationships: z
    .array(
      z.looseObject({
        full_product_name: z.looseObject({ product_id: z.string() }),
        product_reference: z.string(),
        relates_to_product_reference: z.string(),
      }),
    )
    .optional(),
});
export type ProductTree = z.infer<typeof ProductTree>;

export type Named = { id: string; name: string; cpe: string | null; purl: string | null };
/** `module` is `nodejs:18` where the component belongs to a stream of a module. */
export type Component = { platform: Named; name: string; version: string | null; module: string | null };

const MAX_DEPTH = 30;
/** A module in a platform, a package in a module: nothing is nested deeper. */
const MAX_CHAIN = 5;

/** @returns what an id names; null where the tree does not say */
export function productResolver(tree: ProductTree): (id: string) => Component | null {
  const products = new Map<string, Named>();
  gather(tree.branches ?? [], products, 0);
  const parts = new Map(
    (tree.relationships ?? []).map((each) => [
      each.full_product_name.product_id,
      { component: each.product_reference, whole: each.relates_to_product_reference },
    ]),
  );
  return (id) => {
    const chain: string[] = [];
    let whole = id;
    for (let part = parts.get(whole); part; part = parts.get(whole)) {
      chain.push(part.component);
      whole = part.whole;
      if (chain.length > MAX_CHAIN) return null;
    }
    const [component, ...between] = chain;
    if (component === undefined) return null;
    const platform = products.get(whole) ?? { id: whole, name: whole, cpe: null, purl: null };
    const named = readComponent(component, products.get(component)?.purl ?? null);
    return named && { platform, ...named, module: named.module ?? moduleOf(between) };
  };
}

function gather(branches: readonly unknown[], into: Map<string, Named>, depth: number): void {
  if (depth > MAX_DEPTH) throw new Error('the product tree is nested too deep');
  for (const value of branches) {
    const branch = Branch.safeParse(value);
    if (!branch.success) continue;
    const { product, branches: below } = branch.data;
    if (product)
      into.set(product.product_id, {
        id: product.product_id,
        name: product.name ?? branch.data.name ?? product.product_id,
        cpe: product.product_identification_helper?.cpe ?? null,
        purl: product.product_identification_helper?.purl ?? null,
      });
    gather(below ?? [], into, depth + 1);
  }
}

type Read = Omit<Component, 'platform'>;

/** `openssl-1:3.0.7-18.el9_2.x86_64`, `openssl`, `nodejs:16/nodejs`; a purl says it better where there is one. */
function readComponent(id: string, purl: string | null): Read | null {
  if (purl !== null) {
    const match = /^pkg:rpm\/(?:[^/@?]+\/)?([^/@?]+)(?:@([^?]+))?(?:\?(.*))?$/.exec(purl);
    if (!match?.[1]) return null; // a container image, an archive, a module
    const qualifiers = new URLSearchParams(match[3] ?? '');
    const version = match[2] === undefined ? null : decode(match[2]);
    const module = /^([^:]+:[^:]+)/.exec(qualifiers.get('rpmmod') ?? '')?.[1] ?? slashModule(id);
    return {
      name: decode(match[1]),
      version: version === null ? null : `${qualifiers.get('epoch') ?? /-(\d+):/.exec(id)?.[1] ?? '0'}:${version}`,
      module,
    };
  }
  const nevra =
    /^(.+)-(?:(\d+):)?([^-:]+)-([^-:]+?)(?:\.(?:x86_64|aarch64|ppc64le|s390x|i[3-6]86|noarch|src|nosrc|armv7hl|riscv64))?$/.exec(
      id,
    );
  if (nevra?.[1] && /\d/.test(nevra[3] ?? '') && /\d/.test(nevra[4] ?? ''))
    return { name: nevra[1], version: `${nevra[2] ?? '0'}:${nevra[3]}-${nevra[4]}`, module: null };
  const name = id.split('/').at(-1) ?? '';
  return /^[A-Za-z0-9._+-]+$/.test(name) ? { name, version: null, module: slashModule(id) } : null;
}

const slashModule = (id: string): string | null => /^([^:/]+:[^:/]+)\//.exec(id)?.[1] ?? null;

/** `nodejs:20:8090020231019152822:a75119d5`, or the same as a package URL. */
function moduleOf(between: readonly string[]): string | null {
  for (const each of between) {
    const match = /^(?:pkg:rpmmod\/[^/]+\/)?([^:/@]+)[:@]([^:/@]+)(?::|$)/.exec(each);
    if (match) return `${match[1]}:${match[2]}`;
  }
  return null;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
