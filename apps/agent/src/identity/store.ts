/** Where the agent keeps who it is: a secret of the cluster, or a file where it runs outside of one. */
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import type { KubeClient } from '../kube/client.ts';

/** All PEM. `certificate` is null once a key was made and before the server has answered with its certificate. */
export const Identity = z.object({
  key: z.string(),
  certificate: z.string().nullable(),
  authority: z.string().nullable(),
});
export type Identity = z.infer<typeof Identity>;

export type IdentityStore = {
  /** null when there is none yet. */
  read(): Promise<Identity | null>;
  write(identity: Identity): Promise<void>;
};

export function fileStore(path: string): IdentityStore {
  return {
    async read() {
      const text = await readFile(path, 'utf8').catch((error: { code?: string }) => {
        if (error.code === 'ENOENT') return null;
        throw error;
      });
      return text === null ? null : Identity.parse(JSON.parse(text));
    },
    async write(identity) {
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      await writeFile(`${path}.new`, JSON.stringify(identity), { mode: 0o600 });
      await rename(`${path}.new`, path);
    },
  };
}

const Secret = z.looseObject({ data: z.record(z.string(), z.string()).nullish() });

/** The secret must exist: the agent may get and update it, and may create none. */
export function secretStore(kube: KubeClient, namespace: string, name: string): IdentityStore {
  const path = `/api/v1/namespaces/${namespace}/secrets/${name}`;
  const decode = (value: string | undefined) => (value ? Buffer.from(value, 'base64').toString('utf8') : null);
  const encode = (value: string | null) => Buffer.from(value ?? '').toString('base64');
  return {
    async read() {
      const { data } = Secret.parse(await kube.get(path));
      const key = decode(data?.['tls.key']);
      if (key === null) return null;
      return { key, certificate: decode(data?.['tls.crt']), authority: decode(data?.['ca.crt']) };
    },
    async write(identity) {
      // With the version that was read: of two agents that write at once, one is refused and reads again.
      const secret = Secret.parse(await kube.get(path));
      const data = {
        'tls.key': encode(identity.key),
        'tls.crt': encode(identity.certificate),
        'ca.crt': encode(identity.authority),
      };
      await kube.put(path, { ...secret, data });
    },
  };
}
