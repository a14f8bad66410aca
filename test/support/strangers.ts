/** What strangers are sent against: an account with secrets, calls that learn what can be learned of it. */
import { randomBytes, randomUUID } from 'node:crypto';
import type { Exception, NewRobotAnswer, RepairSummary, VexDocumentInfo } from '../../packages/contract/src/index.ts';
import { sha256 } from '../../packages/oci/src/layers/tar-fixture.ts';
import { addPerson, addRobot, makeContract, must, settled } from './chain.ts';
import { bookworm, makeArtifact, makeImage, pushImage, registry } from './image.ts';
import { requestOf, type Things } from './operations.ts';
import type { Credentials, TestServer } from './server.ts';

export const secretImage = makeImage(bookworm([{ name: 'crown-jewels', version: '1.0' }]), { note: 'secret' });
export const openImage = makeImage(bookworm([]), { note: 'open' });
export const REPOSITORY = 'secret/crown';

/** An account full of secrets beside another one, with people and robots who may not read them. */
export type SecretAccount = {
  real: Things;
  /** An upload under way in the account. */
  upload: string;
  /** What only members of the account may ever read. */
  secrets: string[];
  robots: Record<'revoked' | 'expired' | 'narrow', NewRobotAnswer>;
  /** Owner and reader of the other account, named rival. */
  owner: Credentials;
  member: Credentials;
};

/** Names of things that do not exist. */
export const made = (account: string): Things => ({
  account,
  person: 'nobody-at-all',
  robot: 'no-robot',
  chain: 'no-chain',
  run: randomUUID(),
  step: 'no-step',
  exception: 'no-exception',
  contract: randomUUID(),
  delivery: randomUUID(),
  repair: randomUUID(),
  cluster: 'no-cluster',
  webhook: 'no-webhook',
  advisory: 'CVE-1999-1',
  update: '999999',
  document: randomUUID(),
  repository: 'secret/nothing',
  reference: 'v1',
});

/** An upload's name in the form that the registry gives them, which it never gave. */
export const madeUpload = () =>
  `${randomUUID()}.${Math.floor(Date.now() / 1000).toString(16)}.${randomBytes(17).toString('base64url').slice(0, 22)}`;

/** Makes the account, and starts the server again. */
export async function keepSecrets(server: TestServer): Promise<SecretAccount> {
  must(await server.api('POST', '/api/v1/accounts', { name: 'rival' }));
  const owner = await addPerson(server, 'rita', { rival: 'owner' });
  const member = await addPerson(server, 'sam', { rival: 'reader' });
  await addPerson(server, 'olga', { vendor: 'developer' });
  const robots: Record<'revoked' | 'expired' | 'narrow', NewRobotAnswer> = {} as never;
  for (const name of ['revoked', 'expired'] as const)
    robots[name] = await addRobot(server, 'vendor', { name, role: 'maintainer' });
  robots.narrow = await addRobot(server, 'vendor', { name: 'narrow', role: 'maintainer', repositories: ['open/**'] });
  await pushImage(server, `vendor/${REPOSITORY}`, 'v1', secretImage);
  await pushImage(
    server,
    `vendor/${REPOSITORY}`,
    null,
    makeArtifact('application/vnd.example.note', 'hush', secretImage),
  );
  await pushImage(server, 'vendor/open/app', 'v1', openImage);
  const image = await settled(server, 'vendor', REPOSITORY, 'v1');
  await settled(server, 'vendor', 'open/app', 'v1');
  const contract = await makeContract(server);
  const { id: delivery } = must(
    await server.api('POST', '/api/v1/accounts/vendor/deliveries', {
      repository: REPOSITORY,
      reference: 'v1',
      to: 'customer/secret-copy:v1',
    }),
  ) as { id: string };
  const { id: repair } = must(
    await server.api('POST', '/api/v1/accounts/vendor/repairs', {
      repository: REPOSITORY,
      reference: 'v1',
      mode: 'preview',
    }),
  ) as RepairSummary;
  const exception = must(
    await server.api('POST', '/api/v1/accounts/vendor/exceptions', {
      kind: 'finding',
      name: 'secret-exception',
      selector: { id: 'CVE-2020-0001' },
      reason: 'nobody else needs to know',
    }),
  ) as Exception;
  must(await server.api('POST', '/api/v1/accounts/vendor/clusters', { name: 'secret-cluster' }));
  must(
    await server.api('POST', '/api/v1/accounts/vendor/webhooks', {
      name: 'secret-webhook',
      url: 'https://93.184.216.34/secret-path',
      types: ['never.happens'],
    }),
  );
  const vex = must(
    await server.api('POST', '/api/v1/accounts/vendor/vex', {
      content: JSON.stringify({
        '@context': 'https://openvex.dev/ns/v0.2.0',
        '@id': 'https://secret.example/vex',
        statements: [],
      }),
    }),
  ) as VexDocumentInfo;
  const opened = await registry(server, 'POST', `vendor/${REPOSITORY}/blobs/uploads/`);
  const upload = opened.headers.get('location')?.split('/').at(-1) ?? '';
  const real: Things = {
    account: 'vendor',
    person: 'olga',
    robot: 'expired',
    chain: 'default',
    run: image.chain.run?.id ?? '',
    step: 'gate',
    exception: exception.name,
    contract,
    delivery,
    repair,
    cluster: 'secret-cluster',
    webhook: 'secret-webhook',
    advisory: 'CVE-1999-2',
    update: '471147',
    document: vex.id,
    repository: REPOSITORY,
    reference: 'v1',
  };
  const secrets = [
    REPOSITORY,
    'secret-copy',
    'secret-exception',
    'secret-cluster',
    'secret-webhook',
    'secret.example',
    'secret-path',
    'crown-jewels',
    'olga',
    secretImage.digest,
    ...secretImage.blobs.map((blob) => blob.digest),
    real.run,
    contract,
    delivery,
    repair,
    upload,
  ];
  must(await server.api('GET', '/api/v1/me', undefined, robots.revoked.token));
  must(await server.api('GET', '/api/v1/me', undefined, robots.expired.token));
  must({ ...(await server.api('DELETE', '/api/v1/accounts/vendor/robots/revoked')) });
  const database = await server.database();
  await database.query(`update robot set expires_at = now() - interval '1 minute' where name = 'expired'`);
  // The expiry was set behind the server's back; a start again is how it learns of that.
  await server.halt();
  await server.start();
  return { real, upload, secrets, robots, owner, member };
}

export type Seen = { status: number; text: string };

export async function call(
  server: TestServer,
  operation: string,
  things: Things,
  credentials: Credentials,
): Promise<Seen> {
  const { method, path, body } = requestOf(operation, things);
  const answer = await server.api(method, path, body, credentials);
  return { status: answer.status, text: answer.text };
}

/** An answer without what the caller itself sent and without its own id: what is left is all that one can learn. */
export function learned(seen: Seen, things: Things): string {
  const sent = Object.values(things).sort((a, b) => b.length - a.length);
  const text = sent.reduce((left, value) => left.replaceAll(value, '<sent>'), seen.text);
  return `${seen.status} ${text.replaceAll(/"requestId":"[^"]*"/g, '')}`;
}

/** The secrets that an answer gives away. */
export function leaks(secrets: string[], seen: Seen, things: Things): string[] {
  const rest = learned(seen, things);
  return secrets.filter((secret) => rest.includes(secret));
}

/** A request to the registry. */
export type Probe = [verb: string, path: string, body?: Buffer];
/** Every verb of the registry on what is named. */
export const probes = (name: string, reference: string, digest: string, blob: string, id: string): Probe[] => [
  ['HEAD', `${name}/manifests/${reference}`],
  ['GET', `${name}/manifests/${reference}`],
  ['GET', `${name}/manifests/${digest}`],
  ['PUT', `${name}/manifests/${reference}`, openImage.manifest],
  ['DELETE', `${name}/manifests/${reference}`],
  ['DELETE', `${name}/manifests/${digest}`],
  ['HEAD', `${name}/blobs/${blob}`],
  ['GET', `${name}/blobs/${blob}`],
  ['DELETE', `${name}/blobs/${blob}`],
  ['POST', `${name}/blobs/uploads/`],
  ['POST', `${name}/blobs/uploads/?digest=${sha256(Buffer.from('x'))}`, Buffer.from('x')],
  ['POST', `${name}/blobs/uploads/?mount=${blob}&from=vendor/${REPOSITORY}`],
  ['GET', `${name}/blobs/uploads/${id}`],
  ['PATCH', `${name}/blobs/uploads/${id}`, Buffer.from('x')],
  ['PUT', `${name}/blobs/uploads/${id}?digest=${sha256(Buffer.from('x'))}`],
  ['DELETE', `${name}/blobs/uploads/${id}`],
  ['GET', `${name}/tags/list`],
  ['GET', `${name}/referrers/${digest}`],
];

/** What a caller can tell from an answer, with the names that it sent taken out. */
export async function answerTo(
  server: TestServer,
  [verb, path, body]: Probe,
  credentials: Credentials,
): Promise<string> {
  const answer = await registry(server, verb, path, { credentials, ...(body ? { body } : {}) });
  const name = path.replace(/\/(manifests|blobs|tags|referrers)\/.*/, '');
  const headers = ['www-authenticate', 'docker-content-digest', 'content-length', 'location', 'range', 'link']
    .map((header) => `${header}=${(answer.headers.get(header) ?? '').replaceAll(name, '<name>')}`)
    .filter((line) => !line.startsWith('content-length') || verb === 'HEAD');
  return `${answer.status} ${headers.join(' ')} ${(await answer.text()).replaceAll(name, '<name>')}`;
}
