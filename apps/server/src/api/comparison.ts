/** Two images of an account side by side. */
import { ImageComparison, ReferenceName, RepositoryName } from '@pratique/contract';
import { compareScans } from '@pratique/scan';
import { z } from 'zod';
import type { Db } from '../db/connect.ts';
import { grantOf } from './access.ts';
import type { App } from './app.ts';
import { readScan, type ScanDeps } from './read-scan.ts';
import { ImageQuery, withImage } from './with-image.ts';

const Platform = z.string().max(200).optional();
const ComparisonQuery = ImageQuery.extend({
  platform: Platform,
  /** The image that this one is compared with: what it has more is new. */
  withRepository: RepositoryName,
  withReference: ReferenceName,
  withPlatform: Platform,
});

export function comparisonRoutes(app: App, deps: ScanDeps & { db: Db }): void {
  const { db } = deps;
  app.get(
    '/api/v1/accounts/:account/image/comparison',
    {
      config: { access: 'reader' },
      schema: {
        params: z.object({ account: z.string() }),
        querystring: ComparisonQuery,
        response: { 200: ImageComparison },
      },
    },
    async (request) => {
      const { repository, reference, platform, withRepository, withReference, withPlatform } = request.query;
      const read = (image: { repository: string; reference: string; platform: string | undefined }) =>
        withImage(db, grantOf(request), image, (tx, found, resolved) =>
          readScan(tx, deps, found, resolved, { platform: image.platform, all: false }),
        );
      const [first, second] = [
        { repository, reference, platform },
        { repository: withRepository, reference: withReference, platform: withPlatform },
      ];
      const [before, after] = [await read(first), await read(second)];
      const { packages, findings, partial } = compareScans(before, after);
      const named = (image: typeof first, digest: string | null) => ({
        repository: image.repository,
        reference: image.reference,
        digest: digest ?? '',
      });
      return {
        from: named(first, before.image.digest),
        to: named(second, after.image.digest),
        packages,
        findings,
        partial,
      };
    },
  );
}
