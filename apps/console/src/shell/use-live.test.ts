/** Which answers an event makes old. */
import { expect, test } from 'vitest';
import { touchedBy } from './use-live.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;
const event = (data: unknown) =>
  JSON.stringify({
    specversion: '1.0',
    id: '1',
    source: 's',
    type: 't',
    subject: 'x',
    time: '2026-11-22T00:00:00Z',
    data,
  });

test.each([
  ['exception.requested', event({}), ['exceptions', 'advisories', 'contents', 'overview']],
  ['repair.finished', event({ digest: DIGEST }), ['repairs', 'overview', `image:${DIGEST}`]],
  ['verdict.decided', event({ digest: DIGEST }), ['images', 'runs', 'repairs', 'overview', `image:${DIGEST}`]],
  ['image.repaired', event({ digest: DIGEST }), ['repairs', 'images', 'runs', 'overview', 'image']],
  ['contents.examined', event({ digest: DIGEST }), ['contents', 'images', 'overview', `image:${DIGEST}`]],
  ['policy.changed', event({}), ['policy', 'overview']],
  ['step.running', event({ digest: DIGEST }), ['images', 'runs', 'overview', `image:${DIGEST}`]],
  ['delivery.received', event({ digest: DIGEST }), ['deliveries', 'receipts', 'overview', `image:${DIGEST}`]],
  ['break-glass.used', event({}), ['exceptions', 'advisories', 'contents', 'overview']],
  ['vex.withdrawn', event({}), ['vex', 'advisories', 'scan', 'overview', 'image']],
  ['trust-policy.changed', event({}), ['trust', 'foreign-images', 'overview']],
  ['chain.defined', event({ chain: 'web' }), ['chains', 'overview']],
  ['foreign-image.refused', event({ digest: DIGEST }), ['foreign-images', 'overview']],
  ['webhook.given-up', event({}), ['webhooks', 'overview']],
  ['cluster.changed', event({}), ['clusters', 'placements', 'overview']],
  ['placement.started', event({ digest: DIGEST }), ['placements', 'clusters', 'overview', `image:${DIGEST}`]],
  ['image.revoked', event({ digest: DIGEST }), ['images', 'runs', 'overview', `image:${DIGEST}`]],
  ['admission.denied', event({}), ['admissions', 'overview', 'image']],
])('%s', (type, data, touched) => expect(touchedBy(type, data)).toEqual(touched));
