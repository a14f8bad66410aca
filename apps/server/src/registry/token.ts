/** The Docker token flow: GET with Basic credentials, or POST as OAuth 2 does. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Authenticator } from '../auth/authenticator.ts';
import { parseScopes, type RegistryTokens } from '../auth/registry-token.ts';
import { decodeBasic, narrow } from './authorize.ts';
import { RegistryError } from './error.ts';
import { readBody } from './read-body.ts';

const MAX_FORM_BYTES = 64 * 1024;

/** @throws RegistryError UNAUTHORIZED for missing or wrong credentials: nothing here is public */
export async function answerToken(
  deps: { authenticator: Authenticator; tokens: RegistryTokens },
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
): Promise<void> {
  const form =
    request.method === 'POST'
      ? new URLSearchParams((await readBody(request, MAX_FORM_BYTES)).toString('utf8'))
      : url.searchParams;
  const [user, password] = credentials(request, form);
  const principal = await deps.authenticator.basic(user, password, request.socket.remoteAddress ?? '');
  if (!principal) throw new RegistryError('UNAUTHORIZED', { message: 'the user name or password is wrong' });
  const access = narrow(principal, parseScopes(form.getAll('scope')));
  const { token, expiresIn, issuedAt } = await deps.tokens.issue(principal.id, access);
  // A refresh token is what the client already has: the secret it sent.
  const refresh =
    form.get('access_type') === 'offline' || form.get('offline_token') === 'true' ? { refresh_token: password } : {};
  const body = Buffer.from(
    JSON.stringify({
      token,
      access_token: token,
      expires_in: expiresIn,
      issued_at: issuedAt.toISOString(),
      ...refresh,
    }),
  );
  response.writeHead(200, {
    'content-type': 'application/json',
    'content-length': body.length,
    'cache-control': 'no-store',
  });
  response.end(body);
}

function credentials(request: IncomingMessage, form: URLSearchParams): [string, string] {
  const header = request.headers.authorization ?? '';
  if (/^basic /i.test(header)) return decodeBasic(header.slice(6).trim());
  if (request.method === 'POST' && form.get('grant_type') === 'password')
    return [form.get('username') ?? '', form.get('password') ?? ''];
  if (request.method === 'POST' && form.get('grant_type') === 'refresh_token')
    return ['', form.get('refresh_token') ?? ''];
  throw new RegistryError('UNAUTHORIZED', { headers: { 'www-authenticate': 'Basic realm="pratique"' } });
}
