/** What events say to a person, and where their lines lead. */
import { expect, test } from 'vitest';
import { en } from '../../catalogue/en/en.ts';
import { zh } from '../../catalogue/zh/zh.ts';
import { describeEvent } from './describe-event.ts';
import { TELLS } from './tell-events.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;
const image = { repository: 'app', tag: '1.0', digest: DIGEST };
const tell = (type: string, data: Record<string, unknown>) => {
  const line = describeEvent({ type, data }, 'vendor', en.overview.event);
  return [line?.subject ?? null, line?.what, line?.to?.replace('/accounts/vendor/', '') ?? null];
};
const atImage = 'image?repository=app&reference=1.0';

test.each([
  ['verdict.renewed', image, ['app:1.0', 'its verdict was renewed', atImage]],
  ['verdict.revoked', { ...image, by: 'anna', reason: 'stolen' }, ['app:1.0', 'revoked by anna: stolen', atImage]],
  [
    'verdict.ending',
    { ...image, reason: 'no engine' },
    ['app:1.0', 'its verdict ends within a day: no engine', atImage],
  ],
  ['chain.defined', { chain: 'web', by: 'anna' }, ['web', 'chain defined by anna', 'chains/web']],
  ['chain.retired', { chain: 'web', by: 'anna' }, ['web', 'chain retired by anna', 'policies?show=chains']],
  ['verdict.expired', image, ['app:1.0', 'its verdict ended', atImage]],
  [
    'image.repaired',
    { ...image, tag: '1.0-r1', repaired: `sha256:${'b'.repeat(64)}` },
    ['app:1.0-r1', 'came back repaired from sha256:aaaaaaaa…aaaaaa', 'image?repository=app&reference=1.0-r1'],
  ],
  [
    'repair.failed',
    { ...image, mode: 'repair', repairId: 'r-1', reason: 'the list has ended' },
    ['app:1.0', 'could not be repaired: the list has ended', 'repairs/r-1'],
  ],
  ['repair.failed', { ...image, mode: 'preview', repairId: 'r-1', reason: 'ended' }, [null, undefined, null]],
  [
    'image.reinstated',
    { digest: DIGEST, by: 'anna' },
    [null, 'The revocation of sha256:aaaaaaaa…aaaaaa was lifted by anna', null],
  ],
  [
    'exception.rejected',
    { name: 'cve-1', by: 'ben' },
    ['cve-1', 'exception rejected by ben', 'policies?show=exceptions&exception=cve-1'],
  ],
  [
    'break-glass.used',
    { breakGlass: 'e-1', namespace: 'shop', name: 'till' },
    ['e-1', 'break-glass used: shop/till was admitted by it', 'policies?show=exceptions&exception=e-1'],
  ],
  [
    'webhook.given-up',
    { webhook: 'pager', type: 'verdict.revoked' },
    ['pager', 'webhook gave up on verdict.revoked', 'settings?show=webhooks&webhook=pager'],
  ],
  [
    'foreign-image.refused',
    { name: 'ghcr.io/acme/app', reference: 'v1' },
    ['ghcr.io/acme/app:v1', 'was examined and is refused', 'policies?show=trust&foreign=ghcr.io%2Facme%2Fapp%3Av1'],
  ],
  [
    'vex.added',
    { id: 'd-1', document: 'https://shop.example/vex/1', by: 'anna' },
    ['https://shop.example/vex/1', 'VEX document added by anna', 'policies?show=vex&vex=d-1'],
  ],
  [
    'placement.started',
    { image: `r/vendor/app:1.0@${DIGEST}`, namespace: 'shop', workload: 'till', cluster: 'prod' },
    ['r/vendor/app:1.0', 'started as shop/till in prod', 'workloads?show=running&cluster=prod'],
  ],
  [
    'cluster.changed',
    { cluster: 'prod', action: 'cluster.enrolled' },
    ['prod', 'cluster: its agent enrolled', 'workloads?show=clusters&cluster=prod'],
  ],
  [
    'cluster.changed',
    { cluster: 'prod', action: 'of a later server' },
    ['prod', 'cluster changed', 'workloads?show=clusters&cluster=prod'],
  ],
])('%s', (type, data, line) => expect(tell(type, data)).toEqual(line));

test('every kind that is told says something in both languages, whatever its data lacks', () => {
  for (const type of Object.keys(TELLS))
    for (const { overview } of [en, zh]) {
      const line = describeEvent({ type, data: { origin: 'push', state: 'failed' } }, 'vendor', overview.event);
      expect(line?.what, type).toMatch(/\S/);
    }
});
