/** What a call answers, and how it fails. */
import { afterEach, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { queryOf, RequestError, request } from './request.ts';

const fetched = vi.fn<typeof fetch>();
vi.stubGlobal('fetch', fetched);
afterEach(() => fetched.mockReset());

const Answer = z.object({ name: z.string() });
const json = (body: unknown, status = 200) => new Response(JSON.stringify(body), { status });
const failureOf = async (call: Promise<unknown>): Promise<RequestError> => {
  try {
    await call;
  } catch (error) {
    if (error instanceof RequestError) return error;
  }
  throw new Error('the call did not fail as it should');
};

test('a change carries the header that other sites cannot send; a read does not', async () => {
  fetched.mockImplementation(async () => json({ name: 'x' }));
  await request(Answer, '/things', { method: 'POST', body: { a: 1 } });
  await request(Answer, '/things');
  const [[, change], [, read]] = fetched.mock.calls as [[string, RequestInit], [string, RequestInit]];
  expect(change.headers).toMatchObject({ 'x-pratique-request': '1', 'content-type': 'application/json' });
  expect(read.headers).not.toHaveProperty('x-pratique-request');
});

test("the server's sentence, code and request id reach the reader", async () => {
  fetched.mockResolvedValue(
    json({ error: { code: 'forbidden', message: 'an owner can grant it', details: {}, requestId: 'r-1' } }, 403),
  );
  expect(await failureOf(request(Answer, '/things'))).toMatchObject({
    code: 'forbidden',
    status: 403,
    message: 'an owner can grant it',
    requestId: 'r-1',
  });
});

test('an answer outside the contract names the field', async () => {
  fetched.mockResolvedValue(json({ name: 7 }));
  const failure = await failureOf(request(Answer, '/things'));
  expect(failure.code).toBe('unexpected-answer');
  expect(failure.message).toContain('/things: name');
});

test('an error page of something in between is no contract either', async () => {
  fetched.mockResolvedValue(new Response('<html>Bad gateway</html>', { status: 502, statusText: 'Bad Gateway' }));
  expect(await failureOf(request(Answer, '/things'))).toMatchObject({ code: 'unexpected-answer', status: 502 });
});

test('no answer at all is told apart', async () => {
  fetched.mockRejectedValue(new TypeError('fetch failed'));
  expect(await failureOf(request(Answer, '/things'))).toMatchObject({ code: 'unreachable', status: 0 });
});

test('a query leaves out what is not set, and encodes the rest', () => {
  expect(queryOf({ a: undefined, b: '', c: 'x & y', d: 0 })).toBe('?c=x+%26+y&d=0');
  expect(queryOf({ a: undefined })).toBe('');
});
