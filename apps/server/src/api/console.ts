/** The console's files: built once, served with hashes in their names; every other path is a page of it. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { extname, join, relative } from 'node:path';
import { brotliCompressSync, constants } from 'node:zlib';
import type { Config } from '../config.ts';
import { ServerError } from '../error.ts';
import type { App } from './app.ts';

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
  '.json': 'application/json',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
};
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; connect-src 'self'; worker-src 'self' blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

type Asset = { type: string; body: Buffer; brotli: Buffer | null; immutable: boolean };

/** Loads the build into memory; without one, pages answer with the command that makes it. */
export async function consoleRoutes(app: App, deps: { config: Config }): Promise<void> {
  const assets = await loadAssets(deps.config.consoleDir);
  const page = assets.get('/index.html');

  app.get('/*', { schema: { hide: true } }, async (request, reply) => {
    const path = request.url.split('?')[0] ?? '/';
    if (path.startsWith('/api/'))
      throw new ServerError('not-found', `there is no ${request.method} ${path.slice(0, 200)}`);
    // Names of advisories may look like files; no file of the console lies below /accounts.
    const isPage = extname(path) === '' || path.startsWith('/accounts/');
    const asset = assets.get(path) ?? (isPage ? page : undefined);
    if (!asset) {
      if (page) throw new ServerError('not-found', `there is no ${path.slice(0, 200)}`);
      throw new ServerError('unavailable', 'the console was not built; npm start builds it');
    }
    const brotli = asset.brotli !== null && /\bbr\b/.test(String(request.headers['accept-encoding'] ?? ''));
    reply
      .header('content-type', asset.type)
      .header('vary', 'accept-encoding')
      .header('cache-control', asset.immutable ? 'public, max-age=31536000, immutable' : 'no-cache');
    reply
      .header('content-security-policy', POLICY)
      .header('referrer-policy', 'no-referrer')
      .header('x-frame-options', 'DENY');
    if (brotli) reply.header('content-encoding', 'br');
    return reply.send(brotli ? asset.brotli : asset.body);
  });
}

async function loadAssets(dir: string): Promise<Map<string, Asset>> {
  const assets = new Map<string, Asset>();
  if (!(await stat(dir).catch(() => null))) return assets;
  for (const entry of await readdir(dir, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = join(entry.parentPath, entry.name);
    const body = await readFile(file);
    const type = TYPES[extname(entry.name)];
    if (!type) continue;
    const compresses = /javascript|css|html|svg|json/.test(type);
    const brotli = compresses ? brotliCompressSync(body, { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } }) : null;
    assets.set(`/${relative(dir, file)}`, { type, body, brotli, immutable: file.includes('/assets/') });
  }
  return assets;
}
