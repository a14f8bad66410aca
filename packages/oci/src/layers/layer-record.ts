/** What reading a layer taught, so that the same bytes need not be read a second time. */
import type { LayerInput } from './read-layer.ts';
import type { TarEntry } from './tar-reader.ts';
import type { TreeNode } from './tree.ts';

/** What an examination made of a file. */
export type Examined = Pick<TreeNode, 'sha256' | 'unread' | 'marks' | 'content'> & {
  /** Under which the file was examined: links of lower layers may lead elsewhere than the archive's own name. */
  path: string;
  /** What an inspector found in it; null for nothing. */
  facts: unknown;
};

export type RecordedEntry = {
  entry: TarEntry;
  /** Null for what is no regular file. */
  examined: Examined | null;
};

export type LayerRecord = {
  diffId: string;
  /** Uncompressed. */
  bytes: number;
  entries: RecordedEntry[];
};

/** Keeps records by the digest of the blob that was read and verified, never by what a configuration says of it. */
export type LayerMemory = {
  /** @returns null where it has none */
  recall(layer: LayerInput): Promise<LayerRecord | null>;
  keep(layer: LayerInput, record: LayerRecord): Promise<void>;
};

/** More than this is read again rather than remembered. */
const MAX_ENTRIES = 300_000;
const MAX_CONTENT_BYTES = 64 * 1024 * 1024;

/** Notes the entries of one layer while they are applied. */
export class LayerRecorder {
  #entries: RecordedEntry[] | null = [];
  #contentBytes = 0;

  note(entry: TarEntry): RecordedEntry {
    const recorded: RecordedEntry = { entry, examined: null };
    if (this.#entries && this.#entries.length >= MAX_ENTRIES) this.#entries = null;
    this.#entries?.push(recorded);
    return recorded;
  }

  examined(recorded: RecordedEntry, path: string, node: TreeNode, facts: unknown): void {
    const { sha256, unread, marks, content } = node;
    this.#contentBytes += content?.length ?? 0;
    // A content that was too large for what the whole image may keep could have been kept in another image.
    if (unread === 'too-large' || this.#contentBytes > MAX_CONTENT_BYTES) this.#entries = null;
    recorded.examined = { path, sha256, unread, marks, content, facts };
  }

  /** @returns null where the layer must be read each time */
  finish(read: { diffId: string; bytes: number }): LayerRecord | null {
    return this.#entries && { diffId: read.diffId, bytes: read.bytes, entries: this.#entries };
  }
}
