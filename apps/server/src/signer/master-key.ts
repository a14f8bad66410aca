/** The master key: from the environment or a file of 32 bytes in hex, made at the first start. */
import { hkdfSync, randomBytes } from 'node:crypto';
import { chmod, link, mkdir, open, readFile, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ServerError } from '../error.ts';

/** @throws ServerError `config-invalid` when the file holds something else */
export async function readMasterKey(where: { hex: string } | { file: string }): Promise<Buffer> {
  if ('hex' in where) return Buffer.from(where.hex, 'hex');
  const text = await readFile(where.file, 'utf8').catch((error: Error & { code?: string }) => {
    if (error.code === 'ENOENT') return null;
    throw new ServerError('config-invalid', `PRATIQUE_MASTER_KEY_FILE: ${where.file} cannot be read: ${error.message}`);
  });
  if (text === null) return makeMasterKey(where.file);
  if (!/^[0-9a-f]{64}$/.test(text.trim()))
    throw new ServerError('config-invalid', `PRATIQUE_MASTER_KEY_FILE: ${where.file} does not hold 64 hex digits`);
  await chmod(where.file, 0o600);
  return Buffer.from(text.trim(), 'hex');
}

async function makeMasterKey(file: string): Promise<Buffer> {
  await mkdir(dirname(file), { recursive: true });
  const key = randomBytes(32);
  // Written whole under another name first: a power cut leaves the key or none, never an empty file that stops every start.
  const draft = `${file}.${randomBytes(6).toString('hex')}`;
  const handle = await open(draft, 'wx', 0o600);
  try {
    await handle.writeFile(`${key.toString('hex')}\n`);
    // A key that encrypted something and is then lost with the page cache would take all keys with it.
    await handle.sync();
  } finally {
    await handle.close();
  }
  try {
    await link(draft, file); // unlike rename, refuses to replace a key that somebody made meanwhile
  } finally {
    await unlink(draft);
  }
  const folder = await open(dirname(file), 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
  return key;
}

/** 32 bytes for one purpose (HKDF-SHA-256, RFC 5869); purposes never share a key. */
export function deriveKey(master: Buffer, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', master, Buffer.alloc(0), `pratique ${purpose}`, 32));
}
