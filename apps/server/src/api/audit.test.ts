import { expect, test } from 'vitest';
import { ADMIN_PASSWORD, openApp } from './app.fixture.ts';

const { app } = await openApp();

async function signIn(user: string, password: string): Promise<string> {
  const answer = await app.inject({ method: 'POST', url: '/api/v1/login', payload: { user, password, kind: 'cli' } });
  expect(answer.statusCode).toBe(200);
  return (answer.json() as { token: string }).token;
}
const as = (token: string) => ({ authorization: `Bearer ${token}` });

test('what changes people, passwords and sessions is audited, for administrators alone to read', async () => {
  const admin = await signIn('admin', ADMIN_PASSWORD);
  const made = await app.inject({
    method: 'POST',
    url: '/api/v1/people',
    headers: as(admin),
    payload: { name: 'ines', password: 'a password of ines' },
  });
  expect(made.statusCode).toBe(201);
  const ines = await signIn('ines', 'a password of ines');
  const changed = await app.inject({
    method: 'PUT',
    url: '/api/v1/me/password',
    headers: as(ines),
    payload: { current: 'a password of ines', password: 'another of ines' },
  });
  expect(changed.statusCode).toBe(204);
  const again = await signIn('ines', 'another of ines');
  expect((await app.inject({ method: 'POST', url: '/api/v1/logout', headers: as(again) })).statusCode).toBe(204);
  await app.inject({ method: 'PATCH', url: '/api/v1/people/ines', headers: as(admin), payload: { disabled: true } });

  const answer = await app.inject({ method: 'GET', url: '/api/v1/audit', headers: as(admin) });
  const entries = answer.json() as { actor: string; action: string; subject: string; detail: unknown }[];
  expect(entries.map(({ actor, action, subject }) => `${actor} ${action} ${subject}`)).toEqual([
    'admin person.change ines',
    'ines session.end ines',
    'ines session.open ines',
    'ines person.change ines',
    'ines session.open ines',
    'admin person.create ines',
    'admin session.open admin',
  ]);
  expect(answer.body).not.toContain('a password of ines');

  const owned = await app.inject({ method: 'GET', url: '/api/v1/accounts/vendor/audit', headers: as(admin) });
  expect(owned.json()).toEqual([]);
});

test('the audit of the instance is closed to who is no administrator', async () => {
  const admin = await signIn('admin', ADMIN_PASSWORD);
  const payload = { name: 'otto', password: 'a password of otto' };
  await app.inject({ method: 'POST', url: '/api/v1/people', headers: as(admin), payload });
  const otto = await signIn('otto', 'a password of otto');
  expect((await app.inject({ method: 'GET', url: '/api/v1/audit', headers: as(otto) })).statusCode).toBe(403);
});
