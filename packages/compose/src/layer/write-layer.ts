/** Writes a tree as a compressed layer into a file, with both of its digests. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import type { Node, Tree } from '../files/tree.ts';
import { gzip } from './gzip.ts';
import { writeTar } from './write-tar.ts';

/** `digest` and `size` are of the compressed layer, `diffId` is of the archive in it. */
export type Layer = { path: string; digest: string; diffId: string; size: number };

/** `bytes` are those of the archive in the layer. */
export type WrittenLayer = Layer & { bytes: number };

/**
 * @param latest seconds since 1970; no file in the layer is newer
 * @param whiteouts as `writeTar` takes them
 */
export async function writeLayer(
  tree: Tree,
  latest: number,
  path: string,
  whiteouts?: ReadonlySet<Node>,
): Promise<WrittenLayer> {
  const plain = createHash('sha256');
  const packed = createHash('sha256');
  const out = createWriteStream(path, { flags: 'wx', mode: 0o600 });
  let size = 0;
  let bytes = 0;
  for await (const part of gzip(
    observed(writeTar(tree, latest, whiteouts), (piece) => {
      bytes += piece.length;
      plain.update(piece);
    }),
  )) {
    packed.update(part);
    size += part.length;
    if (!out.write(part)) await once(out, 'drain');
  }
  out.end();
  await once(out, 'finish');
  return { path, digest: `sha256:${packed.digest('hex')}`, diffId: `sha256:${plain.digest('hex')}`, size, bytes };
}

function* observed(pieces: Iterable<Buffer>, see: (piece: Buffer) => void): Generator<Buffer> {
  for (const piece of pieces) {
    see(piece);
    yield piece;
  }
}
