/** Waits for what chains do, and sets up people and contracts, through the public API alone. */
import type { ImageStatus, NewRobotAnswer, Run } from '../../packages/contract/src/index.ts';
import type { Answer, Credentials, TestServer } from './server.ts';

const OVER = new Set(['succeeded', 'failed', 'denied']);

/** Polls until `read` gives something. @throws Error with `what` after `seconds` */
export async function eventually<T>(what: string, read: () => Promise<T | null | undefined>, seconds = 50): Promise<T> {
  for (const deadline = Date.now() + seconds * 1000; ; ) {
    const found = await read();
    if (found !== null && found !== undefined) return found;
    if (Date.now() > deadline) throw new Error(`${what} did not happen within ${seconds} s`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

const query = (repository: string, reference: string) =>
  `repository=${encodeURIComponent(repository)}&reference=${encodeURIComponent(reference)}`;

/** The image document. @throws Error when it is not there */
export async function status(
  server: TestServer,
  account: string,
  repository: string,
  reference: string,
): Promise<ImageStatus> {
  return must(
    await server.api('GET', `/api/v1/accounts/${account}/image?${query(repository, reference)}`),
  ) as ImageStatus;
}

export async function runsOf(
  server: TestServer,
  account: string,
  repository: string,
  reference: string,
): Promise<Run[]> {
  return must(
    await server.api('GET', `/api/v1/accounts/${account}/image/runs?${query(repository, reference)}`),
  ) as Run[];
}

/** The image document once its latest run is over. @param runs how many runs there must be by then */
export function settled(
  server: TestServer,
  account: string,
  repository: string,
  reference: string,
  runs = 1,
): Promise<ImageStatus> {
  return eventually(`the chain of ${account}/${repository}:${reference}`, async () => {
    const found = await runsOf(server, account, repository, reference).catch(() => []);
    if (found.length < runs || !found.every((run) => OVER.has(run.state))) return null;
    return status(server, account, repository, reference);
  });
}

/** The JSON of an answer that must be a success. */
export function must(answer: Answer): unknown {
  if (answer.status >= 300) throw new Error(`${answer.status} ${answer.text.slice(0, 1000)}`);
  return answer.json;
}

/** Makes a person and gives roles. @returns Basic credentials */
export async function addPerson(
  server: TestServer,
  name: string,
  roles: Record<string, 'owner' | 'maintainer' | 'developer' | 'reader'>,
): Promise<{ user: string; password: string }> {
  const password = `${name}-of-the-harbour`;
  must(await server.api('POST', '/api/v1/people', { name, password }));
  for (const [account, role] of Object.entries(roles))
    must(await server.api('PUT', `/api/v1/accounts/${account}/members/${name}`, { role }));
  return { user: name, password };
}

export async function addRobot(
  server: TestServer,
  account: string,
  robot: { name: string; role: 'maintainer' | 'developer' | 'reader'; repositories?: string[] },
): Promise<NewRobotAnswer> {
  return must(await server.api('POST', `/api/v1/accounts/${account}/robots`, robot)) as NewRobotAnswer;
}

/** A contract by which the vendor may deliver to the customer, offered and accepted. */
export async function makeContract(
  server: TestServer,
  options: { from?: string; to?: string; fromRepositories?: string[]; trustVendor?: boolean; by?: Credentials } = {},
): Promise<string> {
  const { from = 'vendor', to = 'customer', fromRepositories = ['**'], trustVendor = false } = options;
  const offered = must(
    await server.api(
      'POST',
      `/api/v1/accounts/${from}/contracts`,
      { to, fromRepositories },
      options.by ?? server.token(),
    ),
  ) as { id: string };
  must(await server.api('POST', `/api/v1/accounts/${to}/contracts/${offered.id}/acceptance`, { trustVendor }));
  return offered.id;
}

/** The ids of the findings that an image was denied for. */
export const deniedCves = (image: ImageStatus) =>
  (image.verdict?.reasons ?? [])
    .filter((reason) => reason.action === 'deny')
    .map((reason) => String(reason.details['id']));
