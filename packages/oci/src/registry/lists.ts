/** Lists that registries hand out in pages. */
import { z } from 'zod';
import { OciError } from '../error.ts';
import { readBody, type Send } from './send.ts';

const MAX_PAGES = 1000;
const MAX_PAGE_BYTES = 4 * 1024 * 1024;
const MAX_ITEMS = 500_000;

/**
 * Reads all pages of a list.
 *
 * @param read takes the items out of one page
 * @returns null when the first page is answered with a status of `absent`
 * @throws OciError `registry-error`: a page that is not what it should be, pages without end, a next page elsewhere
 */
export async function readPages<T>(
  send: Send,
  first: string,
  schema: z.ZodType<T>,
  read: (page: T) => number,
  absent: number[] = [],
): Promise<'read' | 'absent'> {
  let items = 0;
  const seen = new Set<string>();
  for (let next: string | null = first; next !== null; ) {
    if (seen.has(next) || seen.size >= MAX_PAGES)
      throw new OciError(
        'registry-error',
        `${new URL(first).host} hands out ${new URL(first).pathname} in pages without end`,
      );
    seen.add(next);
    const response: Response = await send(next, { accepted: seen.size === 1 ? absent : [] });
    if (absent.includes(response.status)) {
      await response.body?.cancel();
      return 'absent';
    }
    items += read(parsePage(schema, next, await readBody(response, MAX_PAGE_BYTES)));
    if (items > MAX_ITEMS)
      throw new OciError('registry-error', `${new URL(first).host} lists more than ${MAX_ITEMS} things`);
    next = nextPage(response, next);
  }
  return 'read';
}

function parsePage<T>(schema: z.ZodType<T>, url: string, bytes: Buffer): T {
  try {
    return schema.parse(JSON.parse(bytes.toString('utf8')));
  } catch (cause) {
    const { host, pathname } = new URL(url);
    throw new OciError('registry-error', `${host} answered ${pathname} with something else than a list`, { cause });
  }
}

/** @see distribution-spec 1.1, "Listing Tags"; RFC 8288 */
function nextPage(response: Response, current: string): string | null {
  const link = /<([^>]{1,4096})>\s*;[^,]*\brel\s*=\s*"?next"?/i.exec(response.headers.get('link') ?? '')?.[1];
  if (!link) return null;
  const next = new URL(link, current);
  if (next.host !== new URL(current).host)
    throw new OciError(
      'registry-error',
      `${new URL(current).host} continues a list on ${next.host}, which is not followed`,
    );
  next.protocol = new URL(current).protocol;
  return next.href;
}

export const TagPage = z.object({ tags: z.array(z.string()).nullish() });
