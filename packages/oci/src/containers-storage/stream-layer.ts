/** Puts a layer's archive together again, byte for byte, from its files and the record of everything between them. */
import { createReadStream } from 'node:fs';
import { constants, type FileHandle, open, realpath } from 'node:fs/promises';
import { basename, dirname, join, normalize, sep } from 'node:path';
import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { z } from 'zod';
import { OciError } from '../error.ts';

/** One line of the record. @see vbatts/tar-split, tar/storage/entry.go */
const Entry = z.object({
  type: z.union([z.literal(1), z.literal(2)]),
  name: z.string().optional(),
  name_raw: z.string().optional(),
  size: z.number().int().min(0).optional(),
  payload: z.string().nullish(),
});
const FILE = 1;
const PIECE = 256 * 1024;
/** A header with its extensions, in base64. */
const MAX_LINE_BYTES = 16 * 1024 * 1024;

/**
 * Whoever reads the stream compares its digest, so a file that was changed since is a fault and no other content.
 *
 * @param layer the record, and the folder of the files
 */
export function streamLayer(layer: { record: string; files: string }): Readable {
  return Readable.from(pieces(layer), { objectMode: false });
}

async function* pieces({ record, files }: { record: string; files: string }): AsyncGenerator<Buffer> {
  const source = createReadStream(record);
  const unpacked = source.pipe(createGunzip());
  source.on('error', (error) => unpacked.destroy(error));
  const root = await realpath(files).catch((cause: unknown) => cannotRead(files, cause));
  try {
    for await (const line of lines(record, unpacked)) {
      const entry = parseEntry(record, line);
      if (entry.type !== FILE) yield Buffer.from(entry.payload ?? '', 'base64');
      else if ((entry.size ?? 0) > 0) yield* content(root, nameOf(entry), entry.size ?? 0);
    }
  } catch (cause) {
    if (cause instanceof OciError) throw cause;
    throw new OciError('layer-invalid', `${record} cannot be read: ${(cause as Error).message}`, { cause });
  } finally {
    source.destroy();
    unpacked.destroy();
  }
}

async function* lines(record: string, source: AsyncIterable<Buffer>): AsyncGenerator<string> {
  let begun: Buffer[] = [];
  let length = 0;
  for await (const piece of source) {
    let from = 0;
    for (let end = piece.indexOf(0x0a); end >= 0; end = piece.indexOf(0x0a, from)) {
      const line = Buffer.concat([...begun, piece.subarray(from, end)]).toString('utf8');
      begun = [];
      length = 0;
      from = end + 1;
      if (line !== '') yield line;
    }
    length += piece.length - from;
    if (length > MAX_LINE_BYTES)
      throw new OciError('layer-invalid', `${record} has an entry of more than ${MAX_LINE_BYTES} bytes`);
    begun.push(piece.subarray(from));
  }
  if (length > 0) yield Buffer.concat(begun).toString('utf8');
}

function parseEntry(record: string, line: string): z.infer<typeof Entry> {
  try {
    return Entry.parse(JSON.parse(line));
  } catch (cause) {
    throw new OciError('layer-invalid', `${record} is no record of an archive`, { cause });
  }
}

/** Names that are no UTF-8 stand in base64; they are looked up as the bytes they are. */
const nameOf = (entry: z.infer<typeof Entry>): Buffer =>
  entry.name_raw === undefined ? Buffer.from(entry.name ?? '') : Buffer.from(entry.name_raw, 'base64');

async function* content(root: string, name: Buffer, size: number): AsyncGenerator<Buffer> {
  const file = await openInside(root, name);
  try {
    for (let at = 0; at < size; ) {
      const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(Math.min(PIECE, size - at)), 0, null, at);
      if (bytesRead === 0)
        throw new OciError('layer-invalid', `${name.toString()} in ${root} is shorter than it was when it was stored`);
      at += bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}

/** No link of the image leads out of the layer's folder, and nothing but a regular file is opened. */
async function openInside(root: string, name: Buffer): Promise<FileHandle> {
  // latin1 keeps every byte; it is turned back before it is used.
  const path = normalize(`/${name.toString('latin1')}`).slice(1);
  const folder = await realpath(join(root, bytesToText(dirname(path)))).catch((cause: unknown) =>
    cannotRead(join(root, dirname(path)), cause),
  );
  if (folder !== root && !folder.startsWith(root + sep))
    throw new OciError('layer-invalid', `${name.toString()} leads out of ${root}`);
  const place = Buffer.concat([Buffer.from(`${folder}${sep}`), Buffer.from(basename(path), 'latin1')]);
  // Without waiting for a writer, should it be a pipe.
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const file = await open(place, flags).catch((cause: unknown) => cannotRead(place.toString(), cause));
  if ((await file.stat()).isFile()) return file;
  await file.close();
  throw new OciError('layer-invalid', `${name.toString()} in ${root} is no regular file`);
}

const bytesToText = (text: string): string => Buffer.from(text, 'latin1').toString('utf8');

function cannotRead(path: string, cause: unknown): never {
  const code = cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : null;
  const advice =
    code === 'EACCES' || code === 'EPERM'
      ? '; files of a user’s containers belong to other users: run it as `podman unshare pratique ...`, or as root'
      : '';
  throw new OciError('layer-invalid', `${path} cannot be read (${code ?? (cause as Error).message})${advice}`, {
    cause,
  });
}
