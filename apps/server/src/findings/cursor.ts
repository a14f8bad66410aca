/** Where the next page of a list begins: what the last row is ordered by, as text that means nothing to the caller. */
import { z } from 'zod';
import { ServerError } from '../error.ts';

export type Keys = readonly (string | number)[];

export function encodeCursor(keys: Keys): string {
  return Buffer.from(JSON.stringify(keys)).toString('base64url');
}

/** @throws ServerError `invalid` for what no list of this kind gave */
export function decodeCursor<T extends z.ZodType<Keys>>(cursor: string | undefined, keys: T): z.output<T> | null {
  if (cursor === undefined) return null;
  let read: unknown;
  try {
    read = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch {
    read = null;
  }
  const parsed = keys.safeParse(read);
  if (!parsed.success)
    throw new ServerError('invalid', 'after: is not the `next` of a page of this list; begin without it');
  return parsed.data;
}

/** Cuts the row that was read to see whether there is another page. */
export function pageOf<T>(
  rows: readonly T[],
  limit: number,
  keys: (row: T) => Keys,
): { rows: T[]; next: string | null } {
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  return { rows: page, next: rows.length > limit && last ? encodeCursor(keys(last)) : null };
}

const Whole = z.number().int().safe();
const Text = z.string().max(400);
export const OneNumber = z.tuple([Whole]);
export const NumberAndText = z.tuple([Whole, Text]);
export const TextAndNumber = z.tuple([Text, Whole]);
export const FourTexts = z.tuple([Text, Text, Text, Text]);
export const RankedKey = z.tuple([Whole, Whole, Text, Whole]);
