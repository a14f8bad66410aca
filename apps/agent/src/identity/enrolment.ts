/** What the manifests mount for the agent: where the server is, whom it is checked against, the one-time token. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AgentError } from '../error.ts';

export type Enrolment = { server: URL; authority: string; token: string };

/** Read anew for each attempt: a new token arrives in the same folder. @throws AgentError `usage` */
export async function readEnrolment(folder: string): Promise<Enrolment> {
  const read = async (name: string) => {
    try {
      return (await readFile(join(folder, name), 'utf8')).trim();
    } catch (cause) {
      throw new AgentError('usage', `${join(folder, name)} cannot be read: ${(cause as Error).message}`, { cause });
    }
  };
  const [server, authority, token] = [await read('server'), await read('ca.crt'), await read('token')];
  if (!/^https:\/\//.test(server) || !URL.canParse(server))
    throw new AgentError('usage', `${join(folder, 'server')} is no https address: ${server.slice(0, 200)}`);
  return { server: new URL(server), authority, token };
}
