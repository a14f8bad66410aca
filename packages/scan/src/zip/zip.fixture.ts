/** Builds zip archives for tests, hostile ones included. */
import { deflateRawSync } from 'node:zlib';

export type ZipFixtureEntry = {
  name: string | Buffer;
  content?: string | Buffer;
  /** Bytes as they are stored, where they are not to be made from the content. */
  raw?: Buffer;
  /** 0 stored, 8 deflated (the default). */
  method?: number;
  /** Expanded size that is written, where it is to differ from the content's; above 4 GiB it becomes zip64. */
  size?: number;
  flags?: number;
};

/** An archive of these entries. `zip64` writes the end of the directory in the wide form. */
export function makeZip(entries: readonly ZipFixtureEntry[], options: { zip64?: boolean } = {}): Buffer {
  const locals: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const entry of entries) {
    const name = Buffer.from(entry.name);
    const content = Buffer.from(entry.content ?? '');
    const method = entry.method ?? 8;
    const raw = entry.raw ?? (method === 8 ? deflateRawSync(content) : content);
    const size = entry.size ?? content.length;
    const wide = size > 0xfffffffe;
    const extra = Buffer.alloc(wide ? 12 : 0);
    if (wide) {
      extra.writeUInt16LE(1, 0);
      extra.writeUInt16LE(8, 2);
      extra.writeBigUInt64LE(BigInt(size), 4);
    }
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(entry.flags ?? 0, 6);
    local.writeUInt16LE(method, 8);
    local.writeUInt32LE(raw.length, 18);
    local.writeUInt32LE(wide ? 0xffffffff : size, 22);
    local.writeUInt16LE(name.length, 26);
    const central = Buffer.alloc(46);
    central.writeUInt32LE(0x02014b50, 0);
    central.writeUInt16LE(entry.flags ?? 0, 8);
    central.writeUInt16LE(method, 10);
    central.writeUInt32LE(raw.length, 20);
    central.writeUInt32LE(wide ? 0xffffffff : size, 24);
    central.writeUInt16LE(name.length, 28);
    central.writeUInt16LE(extra.length, 30);
    central.writeUInt32LE(offset, 42);
    locals.push(local, name, raw);
    directory.push(central, name, extra);
    offset += local.length + name.length + raw.length;
  }
  const table = Buffer.concat(directory);
  return Buffer.concat([...locals, table, endOf(entries.length, table.length, offset, options.zip64 === true)]);
}

function endOf(entries: number, length: number, offset: number, zip64: boolean): Buffer {
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(zip64 ? 0xffff : entries, 8);
  end.writeUInt16LE(zip64 ? 0xffff : entries, 10);
  end.writeUInt32LE(zip64 ? 0xffffffff : length, 12);
  end.writeUInt32LE(zip64 ? 0xffffffff : offset, 16);
  if (!zip64) return end;
  const wide = Buffer.alloc(76);
  wide.writeUInt32LE(0x06064b50, 0);
  wide.writeBigUInt64LE(44n, 4);
  wide.writeBigUInt64LE(BigInt(length), 40);
  wide.writeBigUInt64LE(BigInt(offset), 48);
  wide.writeUInt32LE(0x07064b50, 56);
  wide.writeBigUInt64LE(BigInt(offset + length), 64);
  return Buffer.concat([wide, end]);
}
