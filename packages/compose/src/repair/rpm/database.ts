/** rpm's database in SQLite: read whole, and changed package by package with all of its indexes. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { ComposeError } from '../../error.ts';
import { inMemory } from '../../files/content.ts';
import type { Tree } from '../../files/tree.ts';
import { RpmHeader, TAG } from './header.ts';
import { packageOf, type RpmPackage } from './package.ts';

export type RpmDatabase = { path: string; packages: RpmPackage[] };

const FOLDERS = ['/usr/lib/sysimage/rpm', '/var/lib/rpm'] as const;
const FILE = 'rpmdb.sqlite';
const MAX_BYTES = 1024 ** 3;
const MAX_PACKAGES = 50_000;

/** Tables and the tags that they index. @see rpm, lib/rpmdb.c, dbiTags */
const INDEXES: Record<string, number> = {
  Name: TAG.name,
  Basenames: TAG.baseNames,
  Group: TAG.group,
  Requirename: TAG.requireName,
  Providename: TAG.provideName,
  Conflictname: TAG.conflictName,
  Obsoletename: TAG.obsoleteName,
  Triggername: TAG.triggerName,
  Dirnames: TAG.dirNames,
  Installtid: TAG.installTid,
  Sigmd5: TAG.sigMd5,
  Sha1header: TAG.sha1Header,
  Filetriggername: TAG.fileTriggerName,
  Transfiletriggername: TAG.transFileTriggerName,
  Recommendname: TAG.recommendName,
  Suggestname: TAG.suggestName,
  Supplementname: TAG.supplementName,
  Enhancename: TAG.enhanceName,
};

const SCRIPT_INDEXES: Record<number, number> = { [TAG.fileTriggerName]: 5070, [TAG.transFileTriggerName]: 5080 };

/** Needs that only an installation has are not indexed. @see rpm, include/rpm/rpmds.h */
const ONLY_INSTALLING = (1 << 5) | (1 << 7) | (1 << 9) | (1 << 10) | (1 << 24) | (1 << 26);
const ONLY_ERASING = (1 << 11) | (1 << 12) | (1 << 20) | (1 << 21);

/** Where the image has a database of rpm, and of which kind; null where it has none. */
export function findRpmDatabase(tree: Tree): { path: string; kind: 'sqlite' | 'ndb' | 'bdb' } | null {
  for (const [file, kind] of [
    [FILE, 'sqlite'],
    ['Packages.db', 'ndb'],
    ['Packages', 'bdb'],
  ] as const)
    for (const folder of FOLDERS)
      if (tree.find(`${folder}/${file}`)?.kind === 'file') return { path: `${folder}/${file}`, kind };
  return null;
}

/**
 * SQLite opens a copy in a folder of ours: it is as robust against what an image holds as anything can be.
 *
 * @throws ComposeError `database-invalid`
 */
export function readRpmDatabase(tree: Tree, path: string, folder: string): RpmDatabase {
  const database = open(tree, path, folder);
  const broken = (why: string) => new ComposeError('database-invalid', `${path}: ${why}`);
  try {
    const packages: RpmPackage[] = [];
    for (const row of database.prepare('SELECT hnum, blob FROM Packages ORDER BY hnum').iterate()) {
      const { hnum, blob } = row;
      if (typeof hnum !== 'number' || !(blob instanceof Uint8Array)) throw broken('a record that is none');
      if (packages.length >= MAX_PACKAGES) throw broken(`more than ${MAX_PACKAGES} packages`);
      const bytes = Buffer.from(blob);
      packages.push(
        packageOf(
          hnum,
          RpmHeader.parse(bytes, (why) => broken(`package ${hnum}: ${why}`)),
        ),
      );
    }
    return { path, packages };
  } catch (cause) {
    throw cause instanceof ComposeError ? cause : broken(cause instanceof Error ? cause.message : 'it cannot be read');
  } finally {
    database.close();
  }
}

/** The file and what was not yet written into it, side by side. */
function open(tree: Tree, path: string, folder: string): DatabaseSync {
  const copy = join(folder, FILE);
  for (const suffix of ['', '-wal']) {
    const node = tree.find(`${path}${suffix}`);
    if (node?.kind === 'file' && node.content.size > MAX_BYTES)
      throw new ComposeError('database-invalid', `${path}${suffix} has ${node.content.size} bytes`);
    const bytes = node?.kind === 'file' ? node.content.read() : Buffer.alloc(0);
    writeFileSync(`${copy}${suffix}`, bytes, { mode: 0o600 });
  }
  writeFileSync(`${copy}-shm`, '', { mode: 0o600 });
  try {
    const database = new DatabaseSync(copy, { enableForeignKeyConstraints: false, allowExtension: false });
    database.exec('PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON');
    return database;
  } catch (cause) {
    throw new ComposeError('database-invalid', `${path} is no database that can be opened`, { cause });
  }
}

/**
 * Takes records out and puts records in.
 *
 * @param added records as rpm writes them, in the order of their installation
 * @throws ComposeError `database-invalid`
 */
export function changeRpmDatabase(
  tree: Tree,
  path: string,
  folder: string,
  removed: readonly number[],
  added: readonly Buffer[],
): void {
  const database = open(tree, path, folder);
  try {
    const rows = database.prepare("SELECT name, sql FROM sqlite_master WHERE type IN ('table','trigger','view')").all();
    const tables = rows
      .map(({ name }) => String(name))
      .filter((name) => !name.startsWith('sqlite_') && name !== 'Packages');
    const strange = tables.find((name) => INDEXES[name] === undefined);
    if (strange !== undefined)
      throw new ComposeError(
        'database-invalid',
        `${path} has a table ${JSON.stringify(strange.slice(0, 50))} that is not known here`,
      );
    database.exec('BEGIN');
    for (const id of removed) {
      for (const table of tables) database.prepare(`DELETE FROM "${table}" WHERE hnum = ?`).run(id);
      database.prepare('DELETE FROM Packages WHERE hnum = ?').run(id);
    }
    for (const record of added) {
      const { lastInsertRowid } = database.prepare('INSERT INTO Packages (blob) VALUES (?)').run(record);
      const header = RpmHeader.parse(record, (why) => new ComposeError('package-invalid', why));
      for (const table of tables) {
        const insert = database.prepare(`INSERT INTO "${table}" (key, hnum, idx) VALUES (?, ?, ?)`);
        for (const { key, index } of keysOf(header, INDEXES[table] ?? 0)) insert.run(key, lastInsertRowid, index);
      }
    }
    database.exec('COMMIT');
    database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  } catch (cause) {
    if (cause instanceof ComposeError) throw cause;
    throw new ComposeError(
      'database-invalid',
      `${path} cannot be changed: ${cause instanceof Error ? cause.message : ''}`,
      {
        cause,
      },
    );
  } finally {
    database.close();
  }
  tree.write(path, inMemory(readFileSync(join(folder, FILE))));
  // All of it is in the file now; what lay beside it speaks of an older one.
  for (const suffix of ['-wal', '-shm']) if (tree.find(`${path}${suffix}`)) tree.remove(`${path}${suffix}`);
}

/** Keys under which a record is found. @see rpm, lib/rpmdb.c, rpmdbIndexIteratorNext and idxdbPut */
function keysOf(header: RpmHeader, tag: number): { key: string | Buffer; index: number }[] {
  if (tag === TAG.installTid) {
    // In the order of bytes of the machine, which is little-endian wherever images run but on s390x.
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32LE(header.number(tag) ?? 0);
    return header.has(tag) ? [{ key: bytes, index: 0 }] : [];
  }
  if (tag === TAG.sigMd5) {
    const bytes = header.bytes(tag);
    return bytes ? [{ key: bytes, index: 0 }] : [];
  }
  // Triggers of files are found with the number of their script.
  const scripts = header.numbers(SCRIPT_INDEXES[tag] ?? 0);
  const flags = tag === TAG.requireName ? header.numbers(TAG.requireFlags) : [];
  const seen = new Set<string>();
  const texts = tag === TAG.group ? header.strings(tag).slice(0, 1) : header.strings(tag);
  return texts.flatMap((text, index) => {
    const flag = flags[index] ?? 0;
    if ((flag & ONLY_INSTALLING) !== 0 && (flag & ONLY_ERASING) === 0) return [];
    if (tag === TAG.triggerName && seen.has(text)) return [];
    seen.add(text);
    // The root's own name is empty, which no key may be.
    return [{ key: text === '' ? '\0' : Buffer.from(text, 'latin1').toString('utf8'), index: scripts[index] ?? index }];
  });
}
