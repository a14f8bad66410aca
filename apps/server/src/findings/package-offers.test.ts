/** What is offered is looked up for the system that a package was built for, and not known elsewhere. */
import { expect, test } from 'vitest';
import { type BuiltFor, lookUpOffers } from './package-offers.ts';

const on = (version: string, architecture: string | null, id = 'debian'): BuiltFor => ({
  name: 'openssl',
  distribution: JSON.stringify({ id, version, codename: null, name: `Debian ${version}` }),
  architecture,
});
const DATES: Record<string, string | null> = {
  'Candidates:debian:12:amd64': '2026-11-20T00:00:00Z',
  'Candidates:debian:12:arm64': null,
  'Candidates:debian:13:arm64': '2026-11-21T00:00:00Z',
};
const store = {
  candidatesDate: (key: string) => DATES[key],
  candidate: (key: string, name: string) =>
    key.startsWith('Candidates:debian:12') && name === 'openssl' ? { version: '3.0.18', suite: 'bookworm' } : null,
};
const OFFER = { distribution: 'Debian 12', architecture: 'amd64', version: '3.0.18', date: '2026-11-20T00:00:00Z' };

test.each([
  ['the system that it was built for', [on('12', 'amd64')], [OFFER]],
  [
    'each architecture by itself',
    [on('12', 'amd64'), on('12', 'arm64')],
    [OFFER, { ...OFFER, architecture: 'arm64', date: null }],
  ],
  ['point releases as their release', [on('12.5', 'amd64')], [{ ...OFFER, distribution: 'Debian 12.5' }]],
  ['what is for all architectures with whichever is known', [on('12', null)], [OFFER]],
  [
    'a name that the suites do not have',
    [on('13', null)],
    [{ distribution: 'Debian 13', architecture: 'arm64', version: null, date: '2026-11-21T00:00:00Z' }],
  ],
  ['nothing for systems that are not asked', [on('11', 'amd64'), on('12', 'amd64', 'ubuntu')], []],
  ['nothing for what says no system', [{ name: 'openssl', distribution: '{}', architecture: 'amd64' }], []],
])('offers are of %s', (_, built, offers) => expect(lookUpOffers(built, store)).toEqual(offers));
