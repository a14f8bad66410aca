/** Opens the suites of a request: verified release files, and the index of packages each of them vouches for. */
import { gunzipSync } from 'node:zlib';
import { ComposeError } from '../error.ts';
import { unxz } from '../unpack/xz.ts';
import type { Source } from './choose-sources.ts';
import { type Download, type Expected, fetchBounded, fetchVerified, sha256 } from './download.ts';
import { indexPackages, type PackageIndex } from './packages.ts';
import { type Release, readRelease } from './release.ts';
import { verifyRelease } from './verify-release.ts';

/** One suite, open. `url` and `digest` are those of the InRelease file as it was fetched. */
export type Suite = {
  name: string;
  url: string;
  digest: string;
  signedBy: string[];
  release: Release;
  index: PackageIndex;
};

export const MAX_RELEASE_BYTES = 16 * 1024 * 1024;
/** gzip before xz: half as long again to fetch, a fifth of the time to unpack. */
export const SUFFIXES = ['.gz', '.xz', ''] as const;
const MAX_INDEX_BYTES = 512 * 1024 * 1024;

/**
 * Fetches, verifies and indexes one suite. The release file is always fetched anew: a cached one could hide updates.
 *
 * @throws ComposeError every code of `verifyRelease`, `readRelease` and `fetchVerified`; `archive-invalid`
 */
export async function openSuite(
  download: Download,
  source: Source,
  suite: string,
  architecture: string,
  now: Date,
): Promise<Suite> {
  const folder = `${source.mirror}/dists/${suite}`;
  const url = `${folder}/InRelease`;
  const bytes = await fetchBounded(download, url, MAX_RELEASE_BYTES);
  if (!bytes) throw new ComposeError('archive-invalid', `the archive has no ${url}; is ${suite} the right suite?`);
  const { text, signedBy } = await verifyRelease(bytes, source.keyring, now, url);
  const release = readRelease(text, suite, now, url);
  const packages = await fetchIndex(download, folder, release, `main/binary-${architecture}/Packages`);
  const index = indexPackages(packages, source.mirror, suite, `${folder}/main/binary-${architecture}/Packages`);
  return { name: suite, url, digest: sha256(bytes), signedBy, release, index };
}

/**
 * An index that a verified release file vouches for, unpacked.
 *
 * @param path below the suite's folder, without the suffix of a compression
 * @throws ComposeError `archive-invalid` where the release lists none, `too-large`; every code of `fetchVerified`
 */
export async function fetchIndex(
  download: Download,
  folder: string,
  release: Pick<Release, 'files' | 'acquireByHash'>,
  path: string,
): Promise<Buffer> {
  const plain = release.files.get(path);
  if (plain && plain.size > MAX_INDEX_BYTES)
    throw new ComposeError('too-large', `${folder}/${path} has ${plain.size} bytes`);
  for (const suffix of SUFFIXES) {
    const expected = release.files.get(path + suffix);
    if (!expected) continue;
    const file = await fetchVerified(
      download,
      addresses(folder, path + suffix, expected, release),
      expected,
      `${folder}/${path}${suffix}`,
    );
    const bytes = await unpackIndex(file.bytes, suffix, plain?.size ?? MAX_INDEX_BYTES);
    if (plain && (bytes.length !== plain.size || sha256(bytes) !== plain.sha256)) {
      throw new ComposeError(
        'hash-mismatch',
        `${folder}/${path}${suffix} does not unpack to what the release file says`,
      );
    }
    return bytes;
  }
  throw new ComposeError('archive-invalid', `${folder}/InRelease lists no ${path}: the suite lacks this architecture`);
}

function addresses(
  folder: string,
  path: string,
  expected: Expected,
  release: Pick<Release, 'acquireByHash'>,
): string[] {
  const plain = `${folder}/${path}`;
  if (!release.acquireByHash) return [plain];
  return [`${folder}/${path.slice(0, path.lastIndexOf('/'))}/by-hash/SHA256/${expected.sha256}`, plain];
}

async function unpackIndex(bytes: Buffer, suffix: string, limit: number): Promise<Buffer> {
  if (suffix === '') return bytes;
  if (suffix === '.xz') return unxz(bytes, limit, 'the index of packages');
  try {
    return gunzipSync(bytes, { maxOutputLength: Math.max(limit, 1) });
  } catch (cause) {
    throw new ComposeError(
      'archive-invalid',
      'the index of packages is not gzip, or larger than the release file says',
      { cause },
    );
  }
}
