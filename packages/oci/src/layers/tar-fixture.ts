/** Builds small archives and layers for tests, hostile ones included. */
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import type { LayerInput } from './read-layer.ts';

export type FixtureEntry = {
  path: string;
  content?: string | Buffer;
  /** Type flag; '0' unless said otherwise, '5' for a path that ends in a slash, '2' with a link. */
  flag?: string;
  link?: string;
  mode?: number;
  /** Size written in the header, where it is to differ from the content's. */
  size?: number;
};

/** The bytes of one entry: header, content, padding. */
export function tarEntry(entry: FixtureEntry): Buffer {
  const content = Buffer.from(entry.content ?? '');
  const flag = entry.flag ?? (entry.path.endsWith('/') ? '5' : entry.link === undefined ? '0' : '2');
  const header = Buffer.alloc(512);
  header.write(entry.path.slice(0, 100), 0);
  header.write(`${(entry.mode ?? 0o644).toString(8).padStart(7, '0')}\0`, 100);
  header.write('0000000\0', 108);
  header.write('0000000\0', 116);
  header.write(`${(entry.size ?? content.length).toString(8).padStart(11, '0')}\0`, 124);
  header.write('00000000000\0', 136);
  header.write('        ', 148);
  header.write(flag, 156);
  header.write(entry.link ?? '', 157);
  header.write('ustar\x0000', 257, 'latin1');
  let sum = 0;
  for (const byte of header) sum += byte;
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return Buffer.concat([header, content, Buffer.alloc((512 - (content.length % 512)) % 512)]);
}

/** A PAX extended header with these records, for the entry that follows it. */
export function paxEntry(records: Record<string, string>): Buffer {
  const lines = Object.entries(records).map(([key, value]) => {
    const body = ` ${key}=${value}\n`;
    let length = Buffer.byteLength(body) + 1;
    while (String(length).length + Buffer.byteLength(body) !== length)
      length = String(length).length + Buffer.byteLength(body);
    return `${length}${body}`;
  });
  return tarEntry({ path: 'PaxHeaders/x', flag: 'x', content: lines.join('') });
}

export const TAR_END = Buffer.alloc(1024);

/** An archive of entries and ready-made pieces, with its end mark. */
export function tar(...entries: readonly (FixtureEntry | Buffer)[]): Buffer {
  return Buffer.concat([...entries.map((each) => (Buffer.isBuffer(each) ? each : tarEntry(each))), TAR_END]);
}

export function sha256(bytes: Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

/** A layer of these bytes, true to its digest and, unless given, without a diff id to hold to. */
export function layerOf(bytes: Buffer, diffId: string | null = null): LayerInput {
  const descriptor = { mediaType: 'application/vnd.oci.image.layer.v1.tar', digest: sha256(bytes), size: bytes.length };
  return { descriptor, diffId, open: () => Promise.resolve(Readable.from([bytes])) };
}

/** A gzip layer of these entries, with its true diff id. */
export function gzipLayer(...entries: readonly (FixtureEntry | Buffer)[]): LayerInput {
  const bytes = tar(...entries);
  return layerOf(gzipSync(bytes), sha256(bytes));
}
