import { describe, expect, test } from 'vitest';
import { RegistryError } from './error.ts';
import { parseRoute } from './route.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;
const UPLOAD = '0b0f9d2c-5a53-4e5b-9a53-1f6a3a6f7c11.6a000000.abcdefghijklmnop-_0123';

describe('a /v2 path', () => {
  test.each<[string, object]>([
    [
      '/v2/acme/app/manifests/1.0',
      { kind: 'manifest', account: 'acme', repository: 'app', reference: '1.0', isDigest: false },
    ],
    [`/v2/acme/app/manifests/${DIGEST}`, { kind: 'manifest', isDigest: true }],
    ['/v2/acme/team/app/tags/list', { kind: 'tags', repository: 'team/app' }],
    ['/v2/acme/manifests/tags/list', { kind: 'tags', repository: 'manifests' }],
    ['/v2/acme/blobs/uploads/manifests/latest', { kind: 'manifest', repository: 'blobs/uploads' }],
    ['/v2/acme/app/blobs/uploads/', { kind: 'uploads' }],
    [`/v2/acme/app/blobs/uploads/${UPLOAD}`, { kind: 'upload', token: UPLOAD }],
    [`/v2/acme/app/blobs/${DIGEST}`, { kind: 'blob', digest: DIGEST }],
    [`/v2/acme/app/referrers/${DIGEST}`, { kind: 'referrers', digest: DIGEST }],
  ])('%s is read', (path, expected) => {
    expect(parseRoute(path)).toMatchObject(expected);
  });

  test.each<[string, string]>([
    ['/v2/app/manifests/1', 'NAME_INVALID'],
    ['/v2/Acme/app/manifests/1', 'NAME_INVALID'],
    ['/v2/acme/../other/manifests/1', 'NAME_INVALID'],
    ['/v2/acme/%2e%2e/manifests/1', 'NAME_INVALID'],
    ['/v2/acme//app/manifests/1', 'NAME_INVALID'],
    [`/v2/acme/${'a'.repeat(300)}/manifests/1`, 'NAME_INVALID'],
    ['/v2/acme/app/manifests/sha256:abc', 'DIGEST_INVALID'],
    ['/v2/acme/app/manifests/-bad', 'TAG_INVALID'],
    ['/v2/acme/app/blobs/sha512:abc', 'DIGEST_INVALID'],
    ['/v2/acme/app/blobs/uploads/../../x', 'NAME_UNKNOWN'],
    ['/v2/acme/app/blobs/uploads/not-an-id', 'BLOB_UPLOAD_UNKNOWN'],
    [`/v2/acme/app/blobs/uploads/${UPLOAD.slice(0, 36)}`, 'BLOB_UPLOAD_UNKNOWN'],
    ['/v2/acme/app', 'NAME_UNKNOWN'],
  ])('%s is refused with %s', (path, code) => {
    expect(() => parseRoute(path)).toThrow(RegistryError);
    try {
      parseRoute(path);
    } catch (error) {
      expect((error as RegistryError).code).toBe(code);
    }
  });
});
