/** Reads a /v2 URL. Names may contain slashes and the very words of the routes, so the end decides. */
import { isDigest } from '@pratique/contract';
import { isRepositoryName, isTag } from '@pratique/oci';
import { RegistryError } from './error.ts';
import { isUploadToken } from './upload-session.ts';

export type RegistryRoute = {
  /** The first component of the name. */
  account: string;
  /** The rest of the name. */
  repository: string;
} & (
  | { kind: 'manifest'; reference: string; isDigest: boolean }
  | { kind: 'blob'; digest: string }
  | { kind: 'uploads' }
  | { kind: 'upload'; token: string }
  | { kind: 'tags' }
  | { kind: 'referrers'; digest: string }
);

const PATTERN =
  /^\/v2\/(.+)\/(?:(manifests)\/([^/]+)|(blobs)\/uploads\/([^/]*)|(blobs)\/([^/]+)|(tags)\/list|(referrers)\/([^/]+))$/;

/**
 * @param path the URL's path, not decoded: nothing that is valid here needs an escape
 * @throws RegistryError NAME_INVALID, MANIFEST_INVALID (bad reference), DIGEST_INVALID, BLOB_UPLOAD_UNKNOWN, NAME_UNKNOWN for no route at all
 */
export function parseRoute(path: string): RegistryRoute {
  const match = PATTERN.exec(path);
  if (!match?.[1]) throw new RegistryError('NAME_UNKNOWN', { message: 'no such route' });
  const name = match[1];
  const slash = name.indexOf('/');
  if (!isRepositoryName(name) || slash < 0)
    throw new RegistryError('NAME_INVALID', {
      message: 'a repository name is ACCOUNT/NAME in lower case, at most 255 characters',
    });
  const owner = { account: name.slice(0, slash), repository: name.slice(slash + 1) };
  if (match[2] && match[3]) {
    const reference = match[3];
    const digest = isDigest(reference);
    if (!digest && reference.includes(':'))
      throw new RegistryError('DIGEST_INVALID', { message: 'the digest is not sha256: and 64 hex digits' });
    if (!digest && !isTag(reference)) throw new RegistryError('TAG_INVALID', { message: 'the tag is not valid' });
    return { ...owner, kind: 'manifest', reference, isDigest: digest };
  }
  if (match[4]) {
    if (match[5] === '') return { ...owner, kind: 'uploads' };
    if (!match[5] || !isUploadToken(match[5])) throw new RegistryError('BLOB_UPLOAD_UNKNOWN');
    return { ...owner, kind: 'upload', token: match[5] };
  }
  if (match[6] && match[7]) return { ...owner, kind: 'blob', digest: digestOf(match[7]) };
  if (match[8]) return { ...owner, kind: 'tags' };
  return { ...owner, kind: 'referrers', digest: digestOf(match[10] ?? '') };
}

function digestOf(text: string): string {
  if (!isDigest(text))
    throw new RegistryError('DIGEST_INVALID', { message: 'the digest is not sha256: and 64 hex digits' });
  return text;
}
