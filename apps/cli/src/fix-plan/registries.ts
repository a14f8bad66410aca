/** Which registries are asked: options first, then what npm, pip and Go are configured with here. */
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { RegistryOptions } from '@pratique/scan/fix-plan/registries';
import type { Context } from '../context.ts';
import { CliError, EXIT } from '../exit.ts';

export type RegistryFlags = { offline?: boolean; registry?: string; indexUrl?: string; goproxy?: string };

const NPM = 'https://registry.npmjs.org';
const PYPI = 'https://pypi.org/simple';
const GO = 'https://proxy.golang.org';

/** @param dir the project's folder, whose own .npmrc counts; null for images @throws CliError usage */
export async function readRegistries(
  context: Context,
  flags: RegistryFlags,
  dir: string | null,
): Promise<RegistryOptions | null> {
  if (flags.offline) return null;
  const { env } = context;
  const user = await readNpmrc(env['npm_config_userconfig'] || join(homedir(), '.npmrc'));
  const project = dir === null ? new Map<string, string>() : await readNpmrc(join(dir, '.npmrc'));
  const setting = (name: string) => project.get(name) ?? user.get(name);
  const scopes = [...user, ...project].flatMap(([key, value]) => {
    const scope = /^(@[^/:]+):registry$/.exec(key)?.[1];
    return scope === undefined ? [] : [[scope, urlOf(value, key)] as const];
  });
  return {
    fetch: globalThis.fetch,
    npm: {
      url: urlOf(flags.registry ?? (env['npm_config_registry'] || setting('registry') || NPM), '--registry'),
      scopes: Object.fromEntries(scopes),
      // Secrets of the user's file alone: a project must not name who is given them.
      authorization: (url) => authorizationFor(url, user, env),
    },
    pypi: urlOf(
      flags.indexUrl ?? (env['PIP_INDEX_URL'] || env['UV_DEFAULT_INDEX'] || (await pipIndex()) || PYPI),
      '--index-url',
    ),
    goProxies: (flags.goproxy ?? (env['GOPROXY'] || GO))
      .split(/[,|]/)
      .filter((one) => one !== '' && one !== 'direct' && one !== 'off')
      .map((one) => urlOf(one, '--goproxy')),
  };
}

function urlOf(text: string, name: string): string {
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol))
    throw new CliError(EXIT.usage, `${name} takes a URL, not ${JSON.stringify(text.slice(0, 200))}`);
  return text;
}

/** Lines `key=value`; @see docs.npmjs.com, "npmrc" */
async function readNpmrc(file: string): Promise<Map<string, string>> {
  const text = await readFile(file, 'utf8').catch(() => '');
  const found = new Map<string, string>();
  for (const line of text.slice(0, 1024 * 1024).split(/\r?\n/)) {
    const match = /^\s*([^#;=\s][^=]*?)\s*=\s*(.*?)\s*$/.exec(line);
    if (match?.[1]) found.set(match[1], (match[2] ?? '').replace(/^(["'])(.*)\1$/, '$2'));
  }
  return found;
}

/** The longest `//host/path/` of the user's settings that the URL lies under. */
function authorizationFor(url: string, user: ReadonlyMap<string, string>, env: Context['env']): string | null {
  const { host, pathname } = new URL(url);
  for (let path = `//${host}${pathname}`; path.length > 2; path = path.replace(/[^/]*\/?$/, '')) {
    const value = (name: string) =>
      user
        .get(`${path.replace(/\/?$/, '/')}:${name}`)
        ?.replace(/\$\{([A-Za-z_]\w*)\}/g, (_all, key: string) => env[key] ?? '');
    const token = value('_authToken');
    if (token) return `Bearer ${token}`;
    const basic = value('_auth');
    if (basic) return `Basic ${basic}`;
  }
  return null;
}

async function pipIndex(): Promise<string | null> {
  for (const file of [join(homedir(), '.config/pip/pip.conf'), join(homedir(), '.pip/pip.conf'), '/etc/pip.conf']) {
    const text = await readFile(file, 'utf8').catch(() => '');
    const found = /^\s*index-url\s*=\s*(\S+)/m.exec(text)?.[1];
    if (found) return found;
  }
  return null;
}
