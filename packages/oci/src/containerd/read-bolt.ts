/** Looks values up in a bbolt database while its owner goes on writing to it. */
import { type FileHandle, open } from 'node:fs/promises';
import { OciError } from '../error.ts';

const MAGIC = 0xed0cdaed;
const VERSION = 2;
const PAGE_HEADER = 16;
const META_BYTES = 64;
const ELEMENT = 16;
const IS_BRANCH = 0x01;
const IS_LEAF = 0x02;
/** Flag of a leaf element whose value is a bucket. */
const BUCKET = 0x01;
const MAX_FILE_BYTES = 1024 * 1024 * 1024;
const MAX_DEPTH = 32;
const TRIES = 5;

/** A bucket: named values and buckets, in the order of their names' bytes. */
export type Bucket = {
  /** @throws OciError `layout-invalid` */
  bucket(name: string): Bucket | null;
  value(name: string): Buffer | null;
  /** @returns names of what it contains, at most `limit` */
  names(limit: number): string[];
};

/**
 * Reads the whole file, and again when a transaction ended meanwhile: a transaction never overwrites pages of the one
 * before it, so what was read between two equal meta pages is one state of the database.
 *
 * @throws OciError `not-found`, `layout-invalid`
 * @see bbolt, internal/common/{meta,page,bucket}.go
 */
export async function readBolt(path: string): Promise<Bucket> {
  const file = await open(path, 'r').catch((cause: unknown) => {
    throw new OciError('not-found', `${path} cannot be read: ${(cause as Error).message}`, { cause });
  });
  try {
    for (let tries = 0; tries < TRIES; tries++) {
      const before = await readMeta(path, file);
      const { size } = await file.stat();
      if (size > MAX_FILE_BYTES)
        throw new OciError('layout-invalid', `${path} has ${size} bytes; at most ${MAX_FILE_BYTES} are read`);
      const bytes = await readWhole(file, size);
      if ((await readMeta(path, file)).transaction === before.transaction)
        return new Tree(path, bytes, before.pageSize).root(before.root);
    }
  } finally {
    await file.close();
  }
  throw new OciError('layout-invalid', `${path} is written to all the time; try again`);
}

async function readWhole(file: FileHandle, size: number): Promise<Buffer> {
  const bytes = Buffer.alloc(size);
  for (let at = 0; at < size; ) {
    const { bytesRead } = await file.read(bytes, at, size - at, at);
    if (bytesRead === 0) return bytes.subarray(0, at);
    at += bytesRead;
  }
  return bytes;
}

type Meta = { pageSize: number; root: number; transaction: bigint };

/** The newer one of the two meta pages that are whole. */
async function readMeta(path: string, file: FileHandle): Promise<Meta> {
  const first = await metaAt(file, 0);
  // The second page begins where the first says; without it, at the usual sizes.
  const places = first ? [first.pageSize] : [4096, 8192, 16384, 65536];
  const second = (await Promise.all(places.map((place) => metaAt(file, place)))).find((meta) => meta !== null);
  const found = [first, second].filter((meta) => meta !== null && meta !== undefined);
  const newest = found.sort((a, b) => (a.transaction < b.transaction ? 1 : -1))[0];
  if (!newest) throw new OciError('layout-invalid', `${path} is no bbolt database`);
  return newest;
}

async function metaAt(file: FileHandle, offset: number): Promise<Meta | null> {
  const page = Buffer.alloc(PAGE_HEADER + META_BYTES);
  const { bytesRead } = await file.read(page, 0, page.length, offset);
  const meta = page.subarray(PAGE_HEADER);
  if (bytesRead < page.length || meta.readUInt32LE(0) !== MAGIC || meta.readUInt32LE(4) !== VERSION) return null;
  if (meta.readBigUInt64LE(56) !== fnv64a(meta.subarray(0, 56))) return null;
  const pageSize = meta.readUInt32LE(8);
  if (pageSize < 512 || pageSize > 1024 * 1024) return null;
  return { pageSize, root: Number(meta.readBigUInt64LE(16)), transaction: meta.readBigUInt64LE(48) };
}

function fnv64a(bytes: Buffer): bigint {
  let hash = 0xcbf29ce484222325n;
  for (const byte of bytes) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  return hash;
}

type Found = { flags: number; value: Buffer };

class Tree {
  readonly #path: string;
  readonly #bytes: Buffer;
  readonly #pageSize: number;
  /** Pages that may still be visited: circles of pages end here. */
  #visits = 1_000_000;

  constructor(path: string, bytes: Buffer, pageSize: number) {
    this.#path = path;
    this.#bytes = bytes;
    this.#pageSize = pageSize;
  }

  root(page: number): Bucket {
    return this.#bucketOf(this.#page(page));
  }

  #bucketOf(page: Buffer): Bucket {
    const find = (name: string): Found | null => {
      const wanted = Buffer.from(name);
      for (const [key, found] of this.#leaves(page, 0, wanted)) if (key.equals(wanted)) return found;
      return null;
    };
    return {
      bucket: (name) => {
        const found = find(name);
        return found && (found.flags & BUCKET) !== 0 ? this.#bucketOf(this.#pageOf(found.value)) : null;
      },
      value: (name) => {
        const found = find(name);
        return found && (found.flags & BUCKET) === 0 ? found.value : null;
      },
      names: (limit) => {
        const names: string[] = [];
        for (const [key] of this.#leaves(page, 0, null)) {
          if (names.length === limit) break;
          names.push(key.toString('utf8'));
        }
        return names;
      },
    };
  }

  /** A bucket's value is the number of its root page; a small one has no page, and stands in its place. */
  #pageOf(value: Buffer): Buffer {
    if (value.length < PAGE_HEADER) return this.#damaged('a bucket is cut off');
    const root = Number(value.readBigUInt64LE(0));
    return root === 0 ? value.subarray(PAGE_HEADER) : this.#page(root);
  }

  #page(number: number): Buffer {
    const from = number * this.#pageSize;
    if (!Number.isSafeInteger(from) || from + PAGE_HEADER > this.#bytes.length)
      return this.#damaged(`there is no page ${number}`);
    const overflow = this.#bytes.readUInt32LE(from + 12);
    return this.#bytes.subarray(from, from + (overflow + 1) * this.#pageSize);
  }

  /** Leaf elements in order, or those of the one leaf page that may hold `wanted`. */
  *#leaves(page: Buffer, depth: number, wanted: Buffer | null): Generator<[Buffer, Found]> {
    if (depth > MAX_DEPTH || this.#visits-- <= 0) return this.#damaged('the tree is too deep, or goes in circles');
    if (page.length < PAGE_HEADER) return this.#damaged('a page is cut off');
    const flags = page.readUInt16LE(8);
    const count = page.readUInt16LE(10);
    if (PAGE_HEADER + count * ELEMENT > page.length) return this.#damaged('a page says it holds more than it has');
    if ((flags & IS_LEAF) !== 0) {
      for (let at = PAGE_HEADER; at < PAGE_HEADER + count * ELEMENT; at += ELEMENT) {
        const key = at + page.readUInt32LE(at + 4);
        const value = key + page.readUInt32LE(at + 8);
        const end = value + page.readUInt32LE(at + 12);
        if (end > page.length) return this.#damaged('an element lies outside its page');
        yield [page.subarray(key, value), { flags: page.readUInt32LE(at), value: page.subarray(value, end) }];
      }
      return;
    }
    if ((flags & IS_BRANCH) === 0) return this.#damaged('a page is neither branch nor leaf');
    let last: number | null = null;
    for (let at = PAGE_HEADER; at < PAGE_HEADER + count * ELEMENT; at += ELEMENT) {
      const key = at + page.readUInt32LE(at);
      const end = key + page.readUInt32LE(at + 4);
      if (end > page.length) return this.#damaged('an element lies outside its page');
      const child = Number(page.readBigUInt64LE(at + 8));
      if (wanted === null) yield* this.#leaves(this.#page(child), depth + 1, null);
      else if (last === null || page.subarray(key, end).compare(wanted) <= 0) last = child;
      else break;
    }
    if (wanted !== null && last !== null) yield* this.#leaves(this.#page(last), depth + 1, wanted);
  }

  #damaged(what: string): never {
    throw new OciError('layout-invalid', `${this.#path} is damaged: ${what}`);
  }
}
