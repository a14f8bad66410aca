/** Encodes the tar header of a regular file. */
import { BLOCK } from '../layers/tar-header.ts';

const MAX_OCTAL = 0o77777777777;

/**
 * A ustar header for a file of mode 0644, owner 0 and time 0, so that the same image makes the same archive.
 *
 * @param name at most 100 bytes
 * @param size bytes; 8 GiB and more are written in base 256, as GNU tar and Go do
 * @see POSIX.1-2017 pax, "ustar Interchange Format"
 */
export function encodeHeader(name: string, size: number): Buffer {
  const header = Buffer.alloc(BLOCK);
  header.write(name, 0);
  header.write('0000644\0', 100);
  header.write('0000000\0', 108);
  header.write('0000000\0', 116);
  if (size <= MAX_OCTAL) header.write(`${size.toString(8).padStart(11, '0')}\0`, 124);
  else {
    header.writeBigUInt64BE(BigInt(size), 128);
    header[124] = 0x80;
  }
  header.write('00000000000\0', 136);
  header.write('        ', 148);
  header.write('0', 156);
  header.write(size <= MAX_OCTAL ? 'ustar\x0000' : 'ustar  \0', 257, 'latin1');
  let sum = 0;
  for (const byte of header) sum += byte;
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return header;
}
