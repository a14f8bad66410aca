/** Proves at each start that the blob folder is the one of this database, and of the processes beside this one. */
import { randomBytes } from 'node:crypto';
import { link, mkdir, open, readFile, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { sql } from 'kysely';
import { asSystem, type Db, type Tx } from '../db/connect.ts';
import { ServerError } from '../error.ts';
import { isAbsent } from './disk.ts';
import { placeOf } from './place.ts';

/** Holds the id that the database knows the folder by. */
export const MARKER = 'pratique-store';
const SAMPLE = 20;

/**
 * Compares the marker file with what the database says, or writes it where neither is there: at the first start, and at
 * the first one of this version on a folder that has blobs already.
 *
 * @throws ServerError `config-invalid`
 */
export async function proveSameStore(db: Db, root: string): Promise<void> {
  const file = join(root, MARKER);
  // Known before the file is written: a start that ends in between is followed by one that finds its own id.
  await asSystem(db, (tx) => chooseId(tx));
  await asSystem(db, async (tx) => {
    // Locked until the file is there: of two first starts on different folders the second must find it missing.
    const { id, marked } = await lockStore(tx);
    const found = await readMarker(file);
    if (found !== null && found !== id)
      throw refusal(root, `its file ${MARKER} says ${found}, and the database says ${id}`);
    if (found === null && marked)
      throw refusal(
        root,
        `it has no file ${MARKER}, which would say ${id}`,
        ` (or, if this is that folder, write ${id} into ${file})`,
      );
    if (found === null) {
      await proveBlobs(tx, root);
      await writeMarker(root, file, id);
    }
    if (!marked) await sql`update installation set blob_store_marked = true`.execute(tx);
  });
}

const refusal = (root: string, why: string, otherwise = '') =>
  new ServerError(
    'config-invalid',
    `PRATIQUE_BLOBS: ${root} is not the blob folder of this database: ${why}. Give every process the same folder, and see that it is mounted${otherwise}`,
  );

const chooseId = (tx: Tx) =>
  sql`update installation set blob_store = gen_random_uuid() where blob_store is null`.execute(tx);

async function lockStore(tx: Tx): Promise<{ id: string; marked: boolean }> {
  const { rows } = await sql<{ id: string; marked: boolean }>`
    select blob_store as id, blob_store_marked as marked from installation for update`.execute(tx);
  if (!rows[0]) throw new ServerError('config-invalid', 'the table installation is empty; restore it from a backup');
  return rows[0];
}

async function readMarker(file: string): Promise<string | null> {
  return readFile(file, 'utf8').then(
    (text) => text.slice(0, 200).trim(),
    (error: unknown) => {
      if (isAbsent(error)) return null;
      throw new ServerError('config-invalid', `PRATIQUE_BLOBS: ${file} cannot be read: ${(error as Error).message}`);
    },
  );
}

/** A folder without a marker is taken only if it has what this database was pushed last, or was pushed nothing. */
async function proveBlobs(tx: Tx, root: string): Promise<void> {
  const { rows } = await sql<{
    digest: string;
  }>`select digest from blob order by created_at desc limit ${SAMPLE}`.execute(tx);
  const there = await Promise.all(rows.map(({ digest }) => stat(placeOf(root, digest)).catch(() => null)));
  if (rows.length > 0 && there.every((one) => one === null))
    throw refusal(root, `it holds none of the last ${rows.length} blobs that the database knows of`);
}

/** Written whole under another name first: what is found under the final one is whole, and outlives a power cut. */
async function writeMarker(root: string, file: string, id: string): Promise<void> {
  await mkdir(root, { recursive: true });
  const draft = `${file}.${randomBytes(6).toString('hex')}`;
  const handle = await open(draft, 'wx', 0o644);
  try {
    await handle.writeFile(`${id}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  try {
    await link(draft, file); // unlike rename, refuses to replace a marker
  } finally {
    await unlink(draft);
  }
  const folder = await open(root, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
