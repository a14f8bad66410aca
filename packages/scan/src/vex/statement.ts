/** One VEX statement, whatever form it came in. */
import type { VexApplied } from '@pratique/contract';

export type VexProduct = {
  /** purl, or whatever the document calls the product. */
  id: string;
  /** Parts of the product that the statement is limited to; empty: the product itself. */
  components: readonly string[];
};

export type VexStatement = {
  /** Names of one hole. */
  names: readonly string[];
  products: readonly VexProduct[];
} & VexApplied;

export type VexDocument = { id: string; author: string | null; statements: VexStatement[] };

/** Bounds on one document: the largest public ones have some ten thousand statements. */
export const MAX_STATEMENTS = 200_000;
export const MAX_PRODUCTS = 200_000;
