import { type AuthorityRotation, patchCommands } from '@pratique/contract';
import { expect, test } from 'vitest';
import { describeRotation } from './authority-text.ts';

const rotation: AuthorityRotation = {
  certificate: 'A',
  bundle: 'A\nB',
  endsAt: '2036-01-02T00:00:00.000Z',
  fingerprint: 'AA:01',
  next: { since: '2026-01-02T00:00:00.000Z', endsAt: '2036-02-03T00:00:00.000Z', fingerprint: 'BB:02' },
  previous: null,
  lacking: [{ account: 'customer', cluster: 'production', why: 'not-there' }],
};

test('who lacks the next authority is named, with what to do there', () => {
  expect(describeRotation(rotation).split('\n')).toEqual([
    'valid until 2036-01-02, SHA-256 AA:01',
    expect.stringMatching(/^the next one is valid until 2036-02-03, SHA-256 BB:02/),
    '',
    'Not known to trust the newest one:',
    '  customer/production: agent or webhooks do not trust it yet',
    '',
    'Give their webhooks the new bundle, with the rights of a cluster administrator:',
    '  pratique cluster ca --patch customer/production | sh',
    expect.stringContaining('pratique cluster ca --finish'),
  ]);
});

test('once all trust it there is nothing to do', () => {
  const { next, ...rest } = rotation;
  const text = describeRotation({ ...rest, next: null, previous: next, lacking: [] });
  expect(text).toContain('the one before still counts, SHA-256 BB:02');
  expect(text).toMatch(/Every cluster is known to trust the newest one\.$/);
});

test('the commands change the bundle of both configurations and nothing else', () => {
  const commands = patchCommands('production', 'A\nB').split('\n');
  expect(commands.map((one) => one.split(' ').slice(0, 4).join(' '))).toEqual([
    'kubectl patch mutatingwebhookconfiguration pratique-production',
    'kubectl patch validatingwebhookconfiguration pratique-production',
  ]);
  for (const command of commands)
    expect(JSON.parse(/-p '(.*)'$/.exec(command)?.[1] ?? '')).toEqual([
      { op: 'replace', path: '/webhooks/0/clientConfig/caBundle', value: Buffer.from('A\nB').toString('base64') },
    ]);
});
