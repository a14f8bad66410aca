/** The platform of an image that a request is about. */
import type { Tx } from '../db/connect.ts';
import { ServerError } from '../error.ts';
import { type PlatformManifest, readPlatforms } from './platforms.ts';

/** Of the platform that is asked for, by digest or as `linux/amd64`, or the first. @throws ServerError `not-found` */
export async function choosePlatform(
  tx: Tx,
  repositoryId: string,
  digest: string,
  platform: string | undefined,
): Promise<PlatformManifest> {
  const platforms = await readPlatforms(tx, repositoryId, digest);
  const chosen =
    platform === undefined
      ? platforms[0]
      : platforms.find((one) => one.digest === platform || `${one.os}/${one.architecture}` === platform);
  if (chosen) return chosen;
  throw new ServerError(
    'not-found',
    `the image has no platform ${platform ?? ''}; it has ${platforms.map((one) => `${one.os}/${one.architecture}`).join(', ')}`,
  );
}
