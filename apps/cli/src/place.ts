/** Places that images are read from and written to: `oci:DIR[:TAG]`, `docker-archive:FILE`, an engine's own store, or a reference. */
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import {
  type ContentSink,
  createDockerArchive,
  createLayout,
  openDockerArchive,
  openLayout,
  openRegistry,
} from '@pratique/oci';
import { z } from 'zod';
import type { Context } from './context.ts';
import { CliError, EXIT } from './exit.ts';
import { LOCAL_STORE, openLocalStore } from './local-store.ts';
import type { OpenSource } from './open-source.ts';
import { isOnServer, readReference } from './reference.ts';
import { type Connection, readConnection } from './settings.ts';

export type OpenSink = {
  sink: ContentSink;
  tag: string | null;
  /** One image of one platform: an index has to be chosen from. */
  single: boolean;
  /** Completes what was written. */
  finish: () => Promise<void>;
  /** Drops what was not completed. */
  close: () => Promise<void>;
};

const nothing = async () => {};

/** @throws CliError usage; OciError when the place cannot be read */
export async function openSource(context: Context, text: string): Promise<OpenSource> {
  if (text.startsWith('oci:')) {
    const { dir, tag } = splitLayout(text);
    return { source: await openLayout(resolve(context.cwd, dir)), reference: tag ?? '', name: null, close: nothing };
  }
  if (text.startsWith('docker-archive:')) {
    const { file, tag } = splitArchive(text);
    const archive = await openDockerArchive(resolve(context.cwd, file));
    return { source: archive, reference: tag ?? '', name: tag, close: () => archive.close() };
  }
  const stored = await openLocalStore(context, text);
  if (stored) return stored;
  const { client, name, tag, digest } = await openRemote(context, text);
  const reference = digest ?? tag ?? 'latest';
  return { source: client, reference, name: digest === null ? `${name}:${reference}` : null, close: nothing };
}

/** @throws CliError usage */
export async function openSink(context: Context, text: string): Promise<OpenSink> {
  if (text.startsWith('oci:')) {
    const { dir, tag } = splitLayout(text);
    return {
      sink: await createLayout(resolve(context.cwd, dir)),
      tag: tag ?? 'latest',
      single: false,
      finish: nothing,
      close: nothing,
    };
  }
  if (text.startsWith('docker-archive:')) {
    const { file, tag } = splitArchive(text);
    const archive = await createDockerArchive(resolve(context.cwd, file));
    return { sink: archive, tag, single: true, finish: () => archive.finish(), close: () => archive.close() };
  }
  if (LOCAL_STORE.test(text))
    throw new CliError(EXIT.usage, `${text} is read from only; write docker-archive:FILE and load it`);
  const { client, tag, digest } = await openRemote(context, text);
  if (digest !== null)
    throw new CliError(EXIT.usage, 'a destination is named by a tag; the digest follows from the content');
  return { sink: client, tag: tag ?? 'latest', single: false, finish: nothing, close: nothing };
}

/** `oci:DIR[:TAG]`: the last colon separates a tag, unless what follows looks like a path. */
function splitLayout(text: string): { dir: string; tag: string | null } {
  const rest = text.slice('oci:'.length);
  const colon = rest.lastIndexOf(':');
  const tag = colon > 0 ? rest.slice(colon + 1) : '';
  const dir = tag !== '' && !tag.includes('/') ? rest.slice(0, colon) : rest;
  if (dir === '') throw new CliError(EXIT.usage, `${text} names no folder; write oci:DIR[:TAG]`);
  return { dir, tag: dir === rest ? null : tag };
}

/** `docker-archive:FILE[:NAME:TAG]`, as skopeo writes it. */
function splitArchive(text: string): { file: string; tag: string | null } {
  const rest = text.slice('docker-archive:'.length);
  const colon = rest.indexOf(':');
  if (rest === '' || colon === 0) throw new CliError(EXIT.usage, `${text} names no file; write docker-archive:FILE`);
  return colon < 0 ? { file: rest, tag: null } : { file: rest.slice(0, colon), tag: rest.slice(colon + 1) };
}

async function openRemote(context: Context, text: string) {
  const reference = readReference(text);
  const connection = await readConnection(context.env);
  const onServer = isOnServer(reference, connection.url);
  const url = onServer ? connection.url : registryUrl(reference.host ?? '');
  const credentials = onServer ? serverCredentials(connection) : await dockerCredentials(context, reference.host ?? '');
  if (onServer && !reference.name.includes('/'))
    throw new CliError(EXIT.usage, `${text} names no account; write ACCOUNT/NAME[:tag]`);
  // Docker Hub keeps its own images under library/.
  const path =
    reference.host === 'docker.io' && !reference.name.includes('/') ? `library/${reference.name}` : reference.name;
  const client = openRegistry({ url, name: path, ...(credentials ? { credentials } : {}) });
  const name = `${onServer ? new URL(url).host : reference.host}/${path}`;
  return { client, name, tag: reference.tag, digest: reference.digest };
}

/** Plain HTTP is for loopback only. */
function registryUrl(host: string): string {
  const name = host.replace(/:\d+$/, '');
  const loopback = name === 'localhost' || name === '[::1]' || /^127\./.test(name);
  if (loopback) return `http://${host}`;
  return `https://${host === 'docker.io' ? 'registry-1.docker.io' : host}`;
}

function serverCredentials({ authorization }: Connection): { user: string; password: string } | null {
  if (!authorization) return null;
  return authorization.kind === 'token'
    ? { user: 'token', password: authorization.token }
    : { user: authorization.user, password: authorization.password };
}

const DockerConfig = z.looseObject({
  auths: z.record(z.string(), z.looseObject({ auth: z.string().optional() })).optional(),
});

/** What `docker login` or `podman login` stored; credential helpers are not asked. */
async function dockerCredentials(context: Context, host: string): Promise<{ user: string; password: string } | null> {
  const { env } = context;
  const files = env['REGISTRY_AUTH_FILE']
    ? [env['REGISTRY_AUTH_FILE']]
    : [
        join(env['DOCKER_CONFIG'] || join(homedir(), '.docker'), 'config.json'),
        ...(env['XDG_RUNTIME_DIR'] ? [join(env['XDG_RUNTIME_DIR'], 'containers', 'auth.json')] : []),
      ];
  const names =
    host === 'docker.io'
      ? ['https://index.docker.io/v1/', 'docker.io', 'index.docker.io']
      : [host, `https://${host}`, `https://${host}/v1/`, `https://${host}/v2/`];
  for (const file of files) {
    const auths = await readAuths(context, file);
    const auth = names.map((name) => (Object.hasOwn(auths, name) ? auths[name]?.auth : undefined)).find(Boolean);
    const text = auth ? Buffer.from(auth, 'base64').toString('utf8') : '';
    const colon = text.indexOf(':');
    if (colon > 0) return { user: text.slice(0, colon), password: text.slice(colon + 1) };
  }
  return null;
}

async function readAuths(context: Context, file: string): Promise<NonNullable<z.infer<typeof DockerConfig>['auths']>> {
  const text = await readFile(file, 'utf8').catch(() => null);
  if (text === null) return {};
  try {
    return DockerConfig.parse(JSON.parse(text)).auths ?? {};
  } catch {
    context.note(`pratique: ${file} is not understood; going on without its credentials\n`);
    return {};
  }
}
