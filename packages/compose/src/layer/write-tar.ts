/** Writes a tree as a tar archive whose bytes depend on the tree alone: sorted, numeric owners, PAX only where ustar is too small. */
import { ComposeError } from '../error.ts';
import type { Directory, Node, Tree } from '../files/tree.ts';

const TYPE = { file: '0', symlink: '2', character: '3', block: '4', directory: '5', fifo: '6' } as const;

/**
 * The archive in pieces. Directories come before what is in them, names are sorted by bytes, a file with several names is
 * written under the first and linked under the others.
 *
 * @param latest seconds since 1970; later modification times are written as this one
 * @param whiteouts nodes that may be named `.wh.NAME`: they delete what lower layers have under NAME
 * @see POSIX.1-2017 pax; image-spec 1.1 layer.md
 */
export function* writeTar(tree: Tree, latest: number, whiteouts?: ReadonlySet<Node>): Generator<Buffer> {
  const seen = new Map<Node, string>();
  yield* writeDirectory(tree.root, '', seen, latest, whiteouts);
  yield Buffer.alloc(1024);
}

function* writeDirectory(
  directory: Directory,
  path: string,
  seen: Map<Node, string>,
  latest: number,
  whiteouts?: ReadonlySet<Node>,
): Generator<Buffer> {
  for (const name of [...directory.entries.keys()].sort(byBytes)) {
    const node = directory.entries.get(name);
    if (!node) continue;
    // A runtime would take such a file as the order to delete another (image-spec 1.1 layer.md, "Whiteouts").
    if (name.startsWith('.wh.') && !whiteouts?.has(node))
      throw new ComposeError('package-invalid', `${path}/${name} has a name that layers cannot hold`);
    const full = path === '' ? name : `${path}/${name}`;
    yield* writeNode(node, full, seen, latest);
    if (node.kind === 'directory') yield* writeDirectory(node, full, seen, latest, whiteouts);
  }
}

function* writeNode(node: Node, path: string, seen: Map<Node, string>, latest: number): Generator<Buffer> {
  const mtime = Math.max(0, Math.min(node.mtime, latest));
  const first = node.kind === 'directory' ? undefined : seen.get(node);
  if (first !== undefined) {
    yield* header({ path, type: '1', target: first, size: 0, mtime, node });
    return;
  }
  seen.set(node, path);
  const size = node.kind === 'file' ? node.content.size : 0;
  const target = node.kind === 'symlink' ? node.target : '';
  yield* header({
    path: node.kind === 'directory' ? `${path}/` : path,
    type: TYPE[node.kind],
    target,
    size,
    mtime,
    node,
  });
  if (node.kind === 'file' && size > 0) {
    yield node.content.read();
    if (size % 512 !== 0) yield Buffer.alloc(512 - (size % 512));
  }
}

type Header = { path: string; type: string; target: string; size: number; mtime: number; node: Node };

function* header(entry: Header): Generator<Buffer> {
  const extended: [string, string][] = [];
  if (entry.path.length > 100) extended.push(['path', entry.path]);
  if (entry.target.length > 100) extended.push(['linkpath', entry.target]);
  if (entry.size > 0o77777777777) extended.push(['size', String(entry.size)]);
  if (entry.node.uid > 0o7777777) extended.push(['uid', String(entry.node.uid)]);
  if (entry.node.gid > 0o7777777) extended.push(['gid', String(entry.node.gid)]);
  if (entry.node.kind === 'file' && entry.type === '0' && entry.node.capabilities) {
    extended.push(['SCHILY.xattr.security.capability', entry.node.capabilities.toString('latin1')]);
  }
  if (entry.node.kind === 'file' && entry.type === '0' && entry.node.xattrs) {
    for (const [name, value] of [...entry.node.xattrs].sort(([a], [b]) => byBytes(a, b)))
      extended.push([`SCHILY.xattr.${name}`, value]);
  }
  if (extended.length > 0) {
    const records = Buffer.from(extended.map(([key, value]) => record(key, value)).join(''), 'latin1');
    yield block({ ...entry, path: 'PaxHeaders/0', target: '', type: 'x', size: records.length });
    yield records;
    if (records.length % 512 !== 0) yield Buffer.alloc(512 - (records.length % 512));
  }
  yield block(entry);
}

function block(entry: Header): Buffer {
  const buffer = Buffer.alloc(512);
  const { node } = entry;
  buffer.write(entry.path.slice(0, 100), 0, 'latin1');
  octal(buffer, node.mode & 0o7777, 100, 8);
  octal(buffer, node.uid > 0o7777777 ? 0 : node.uid, 108, 8);
  octal(buffer, node.gid > 0o7777777 ? 0 : node.gid, 116, 8);
  octal(buffer, entry.size > 0o77777777777 ? 0 : entry.size, 124, 12);
  octal(buffer, entry.mtime, 136, 12);
  buffer.write('        ', 148, 'latin1');
  buffer.write(entry.type, 156, 'latin1');
  buffer.write(entry.target.slice(0, 100), 157, 'latin1');
  buffer.write('ustar\x0000', 257, 'latin1');
  if (node.kind === 'character' || node.kind === 'block') {
    octal(buffer, node.major, 329, 8);
    octal(buffer, node.minor, 337, 8);
  }
  let sum = 0;
  for (const byte of buffer) sum += byte;
  buffer.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return buffer;
}

function octal(buffer: Buffer, value: number, offset: number, length: number): void {
  buffer.write(`${value.toString(8).padStart(length - 1, '0')}\0`, offset, 'latin1');
}

/** The length of a record counts its own digits. */
function record(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`;
  let length = rest.length + 1;
  while (String(length).length + rest.length !== length) length = String(length).length + rest.length;
  return `${length}${rest}`;
}

export function byBytes(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
