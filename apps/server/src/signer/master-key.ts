/** The master key: from the environment or a file of 32 bytes in hex, made at the first start. */
import { hkdfSync, randomBytes } from 'node:crypto';
import { chmod, mkdir, open, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ServerError } from '../error.ts';

/** @throws ServerError `config-invalid` when the file holds something else */
export async function readMasterKey(where: { hex: string } | { file: string }): Promise<Buffer> {
  if ('hex' in where) return Buffer.from(where.hex, 'hex');
  const text = await readFile(where.file, 'utf8').catch(() => null);
  if (text === null) return makeMasterKey(where.file);
  if (!/^[0-9a-f]{64}$/.test(text.trim()))
    throw new ServerError('config-invalid', `PRATIQUE_MASTER_KEY_FILE: ${where.file} does not hold 64 hex digits`);
  await chmod(where.file, 0o600);
  return Buffer.from(text.trim(), 'hex');
}

async function makeMasterKey(file: string): Promise<Buffer> {
  await mkdir(dirname(file), { recursive: true });
  const key = randomBytes(32);
  const handle = await open(file, 'wx', 0o600);
  try {
    await handle.writeFile(`${key.toString('hex')}\n`);
    // A key that encrypted something and is then lost with the page cache would take all keys with it.
    await handle.sync();
  } finally {
    await handle.close();
  }
  return key;
}

/** 32 bytes for one purpose (HKDF-SHA-256, RFC 5869); purposes never share a key. */
export function deriveKey(master: Buffer, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', master, Buffer.alloc(0), `pratique ${purpose}`, 32));
}
