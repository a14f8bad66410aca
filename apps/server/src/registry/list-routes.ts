/** Tag list, referrers and catalog. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { OCI_INDEX } from '@pratique/oci';
import { sql } from 'kysely';
import { matchesAny } from '../auth/pattern.ts';
import type { Principal } from '../auth/principal.ts';
import { asSystem, type Db, type Tx } from '../db/connect.ts';
import type { Repository } from './cache.ts';
import { RegistryError } from './error.ts';
import { readReferrers, readTags } from './read-content.ts';

const PAGE = 1000;

/** GET tags/list with `n` and `last` (distribution-spec 1.1, "Listing Tags"). */
export async function sendTags(
  tx: Tx,
  repository: Repository,
  url: URL,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const n = pageSize(url);
  const tags = n === 0 ? [] : await readTags(tx, repository.repositoryId, url.searchParams.get('last') ?? '', n + 1);
  const page = tags.slice(0, n);
  const name = `${repository.account}/${repository.name}`;
  const link =
    tags.length > n && n > 0
      ? { link: `</v2/${name}/tags/list?n=${n}&last=${encodeURIComponent(page.at(-1) ?? '')}>; rel="next"` }
      : {};
  sendJson(request, response, 'application/json', { name, tags: page }, link);
}

/** GET referrers, filtered by `artifactType`; empty for a digest that is not there, as the specification asks. */
export async function sendReferrers(
  tx: Tx,
  repository: Repository | null,
  digest: string,
  url: URL,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const filter = url.searchParams.get('artifactType');
  const rows = repository === null ? [] : await readReferrers(tx, repository.repositoryId, digest, filter);
  const manifests = rows.map((row) => ({
    mediaType: row.media_type,
    digest: row.digest,
    size: row.size,
    artifactType: row.artifact_type,
    ...(row.annotations ? { annotations: row.annotations } : {}),
  }));
  sendJson(
    request,
    response,
    OCI_INDEX,
    { schemaVersion: 2, mediaType: OCI_INDEX, manifests },
    filter === null ? {} : { 'oci-filters-applied': 'artifactType' },
  );
}

/** GET _catalog: the repositories that the caller may pull from, nobody else's. */
export async function sendCatalog(
  db: Db,
  principal: Principal,
  url: URL,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const n = pageSize(url);
  const last = url.searchParams.get('last') ?? '';
  const accounts = principal.grants.map((grant) => grant.accountId);
  const { rows } = await asSystem(db, (tx) =>
    sql<{ account: string; name: string }>`
    select a.name as account, r.name from repository r join account a using (account_id)
    where r.account_id = any (${accounts}::uuid[]) and a.name || '/' || r.name collate "C" > ${last}
    order by a.name || '/' || r.name collate "C"`.execute(tx),
  );
  const visible = rows.filter((row) =>
    principal.grants.some((grant) => grant.account === row.account && matchesAny(grant.repositories, row.name)),
  );
  const page = visible.slice(0, n).map((row) => `${row.account}/${row.name}`);
  const link =
    visible.length > n && n > 0
      ? { link: `</v2/_catalog?n=${n}&last=${encodeURIComponent(page.at(-1) ?? '')}>; rel="next"` }
      : {};
  sendJson(request, response, 'application/json', { repositories: page }, link);
}

function pageSize(url: URL): number {
  const text = url.searchParams.get('n');
  if (text === null) return PAGE;
  if (!/^\d{1,9}$/.test(text)) throw new RegistryError('UNSUPPORTED', { message: 'n is a number of entries' });
  return Math.min(Number(text), PAGE);
}

function sendJson(
  request: IncomingMessage,
  response: ServerResponse,
  type: string,
  value: unknown,
  headers: Record<string, string>,
): void {
  const body = Buffer.from(JSON.stringify(value));
  response.writeHead(200, { 'content-type': type, 'content-length': body.length, ...headers });
  response.end(request.method === 'HEAD' ? undefined : body);
}
