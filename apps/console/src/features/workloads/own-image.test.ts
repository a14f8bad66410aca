/** Which image of this registry a container runs. */
import { expect, test } from 'vitest';
import { ownImage } from './own-image.ts';

const AT = { host: 'registry.example:8480', account: 'vendor' };
const DIGEST = `sha256:${'a'.repeat(64)}`;
const OTHER = `sha256:${'b'.repeat(64)}`;

test.each([
  ['registry.example:8480/vendor/team/web:v1', null, { repository: 'team/web', reference: 'v1' }],
  ['registry.example:8480/vendor/web', null, { repository: 'web', reference: 'latest' }],
  ['registry.example:8480/vendor/web:v1', DIGEST, { repository: 'web', reference: DIGEST }],
  [`registry.example:8480/vendor/web:v1@${OTHER}`, null, { repository: 'web', reference: OTHER }],
  ['registry.example:8480/vendors/web:v1', DIGEST, null],
  ['registry.example/vendor/web:v1', DIGEST, null],
  ['docker.io/vendor/web:v1', DIGEST, null],
  ['registry.example:8480/vendor/', null, null],
  ['nginx', null, null],
] as const)('%s at %s', (image, digest, own) => expect(ownImage(image, digest, AT)).toEqual(own));
