/** `pratique explain`: the whole way to the decision on an image. */
import { Explanation } from '@pratique/contract';
import { z } from 'zod';
import type { Db } from '../db/connect.ts';
import { explainImage } from '../explain/explain-image.ts';
import { grantOf } from './access.ts';
import type { App } from './app.ts';
import { readVerdict } from './image-queries.ts';
import { ImageQuery, withImage } from './with-image.ts';

export function explanationRoutes(app: App, { db }: { db: Db }): void {
  app.get(
    '/api/v1/accounts/:account/image/explanation',
    {
      config: { access: 'reader' },
      schema: {
        params: z.object({ account: z.string() }),
        querystring: ImageQuery,
        response: { 200: Explanation },
      },
    },
    async (request) =>
      withImage(db, grantOf(request), request.query, async (tx, repository, image) =>
        explainImage(tx, repository, {
          digest: image.digest,
          reference: request.query.reference,
          verdict: await readVerdict(tx, repository, image.digest),
        }),
      ),
  );
}
