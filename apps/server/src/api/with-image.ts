/** The image that a request names, for those who may read it. */
import { z } from 'zod';
import { matchesAny } from '../auth/pattern.ts';
import type { Grant } from '../auth/principal.ts';
import { asTenant, type Db, type Tx } from '../db/connect.ts';
import { ServerError } from '../error.ts';
import type { Repository } from '../registry/cache.ts';
import { findRepository } from '../registry/find-repository.ts';
import { type ResolvedImage, resolveImage } from './image-queries.ts';

export const ImageQuery = z.object({ repository: z.string().min(1).max(255), reference: z.string().min(1).max(200) });

/** Runs `work` on an image that the caller may read; what it may not read is answered like what does not exist. */
export async function withImage<T>(
  db: Db,
  grant: Grant,
  query: z.infer<typeof ImageQuery>,
  work: (tx: Tx, repository: Repository, image: ResolvedImage) => Promise<T>,
): Promise<T> {
  return asTenant(db, [grant.accountId], async (tx) => {
    const repository = matchesAny(grant.repositories, query.repository)
      ? await findRepository(tx, grant.account, query.repository)
      : null;
    const image = repository ? await resolveImage(tx, repository.repositoryId, query.reference) : null;
    if (!repository || !image)
      throw new ServerError(
        'not-found',
        `there is no image ${grant.account}/${query.repository}${query.reference.includes(':') ? '@' : ':'}${query.reference}`,
      );
    return work(tx, repository, image);
  });
}
