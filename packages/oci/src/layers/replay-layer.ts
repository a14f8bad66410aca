/** Puts a layer that was read before into the tree, without its archive. */
import { applyEntry, type LayerTarget } from './apply-layer.ts';
import type { InspectedFacts } from './inspect.ts';
import type { LayerRecord, RecordedEntry } from './layer-record.ts';
import { overLimit } from './limits.ts';
import type { ImageTree } from './tree.ts';

/** A file of a remembered layer lies at another path in this image, where another examination might be due. */
export class RecordDiffers extends Error {}

export type ReadSoFar = { bytes: number; entries: number };

/** Does to the tree what reading the layer would do. @throws RecordDiffers; OciError `layer-limit` */
export function replayLayer(
  to: Omit<LayerTarget, 'file'>,
  record: LayerRecord,
  before: ReadSoFar,
): ReadSoFar & { diffId: string; facts: InspectedFacts[] } {
  const { limits, name, tree } = to;
  if (before.entries + record.entries.length > limits.entries)
    overLimit(name, 'entries', `the layers together have more than ${limits.entries} entries`);
  if (before.bytes + record.bytes > limits.bytes)
    overLimit(name, 'bytes', `the layers together have more than ${limits.bytes} bytes uncompressed`);
  const found: InspectedFacts[] = [];
  let examined: RecordedEntry['examined'] = null;
  const target: LayerTarget = {
    ...to,
    file(path, node) {
      if (examined?.path !== path) throw new RecordDiffers();
      const { sha256, unread, marks, content, facts } = examined;
      if (facts !== null) found.push({ layer: to.layer, path, facts });
      Object.assign(node, { sha256, unread, marks });
      if (content && tree.keptBytes + content.length > limits.keptBytes) node.unread = 'too-large';
      else tree.keep(node, content);
      return null;
    },
  };
  for (const recorded of record.entries) {
    examined = recorded.examined;
    applyEntry(target, recorded.entry);
  }
  return { diffId: record.diffId, bytes: record.bytes, entries: record.entries.length, facts: found };
}

/**
 * Whether a directory of the layer is a link in the tree below it: its files lie elsewhere then than they were examined.
 * Sure enough to spare most layers a second merge, not to replace the check of `replayLayer`.
 */
export function crossesLink(tree: ImageTree, record: LayerRecord): boolean {
  const seen = new Map<string, boolean>([['', false]]);
  const crosses = (directory: string): boolean => {
    const known = seen.get(directory);
    if (known !== undefined) return known;
    const found =
      crosses(directory.slice(0, Math.max(0, directory.lastIndexOf('/')))) ||
      tree.lookup(directory, false)?.kind === 'symlink';
    seen.set(directory, found);
    return found;
  };
  return record.entries.some(
    ({ examined }) => examined && crosses(examined.path.slice(0, Math.max(0, examined.path.lastIndexOf('/')))),
  );
}
