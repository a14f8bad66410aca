/** Looks at one file's content as it passes: hashes, reads and keeps only what was asked for. */
import { createHash, type Hash } from 'node:crypto';
import type { Inspector } from './inspect.ts';
import type { LayerLimits } from './limits.ts';
import type { EntrySink } from './tar-reader.ts';
import type { ImageTree, TreeNode } from './tree.ts';

/** What is wanted of one file. */
export type Examination = {
  hash: boolean;
  /** Keep the content, as this function shortens it; null keeps nothing. */
  keep: ((content: Buffer) => Buffer) | null;
  /** Bytes of content up to which it is handed to `keep`, where `keep` shortens it much; else the limits' own. */
  keepBytes?: number;
  marks: readonly string[];
  /** Reads the content as it passes, without any of it being kept; not used where `keep` is. */
  reader?: ContentReader;
};

/** Makes something small of a content that is too large to be kept: the build information of a program, for example. */
export type ContentReader = {
  /** A piece is valid only during the call. */
  data(piece: Buffer): void;
  /** What was found: marks for the node, and what is kept as its content. */
  end(): { marks: readonly string[]; content: Buffer | null };
};

/** Bytes of a file's beginning that a decision may rest on. */
export const HEAD_BYTES = 512;

/**
 * Decides from path and first bytes (all of the file, where it is shorter than HEAD_BYTES) what is wanted of a file.
 * Called for every regular file, so it must be cheap. Null wants nothing.
 */
export type Examine = (path: string, file: { size: number; mode: number; head: Buffer }) => Examination | null;

/** `idle` once it is clear that nothing of the rest is wanted, so that a reader of files may stop. */
export type ExaminingSink = EntrySink & { readonly idle: boolean };

/** The sink that examines one file and writes what it learned into its node. @param onFacts gets what the inspector says, or a promise of it */
export function examineFile(
  path: string,
  node: TreeNode,
  examine: Examine,
  limits: LayerLimits,
  tree: ImageTree,
  inspector: Inspector | null = null,
  onFacts: (facts: unknown) => void = () => {},
): ExaminingSink {
  const headSize = Math.min(HEAD_BYTES, node.size);
  let head: Buffer | null = Buffer.alloc(0);
  let running: EntrySink[] | null = null;
  const decide = (bytes: Buffer): void => {
    head = null;
    const file = { size: node.size, mode: node.mode, head: bytes.subarray(0, HEAD_BYTES) };
    const wanted = examine(path, file);
    const inspecting = inspector?.open({ path, ...file, sparse: false }) ?? null;
    if (!wanted && !inspecting) return;
    running = [];
    if (wanted) running.push(new RunningExamination(node, wanted, limits, tree));
    if (inspecting) running.push({ data: (piece) => inspecting.data(piece), end: () => onFacts(inspecting.end()) });
    for (const each of running) each.data(bytes);
  };
  return {
    get idle() {
      return head === null && running === null;
    },
    data(piece) {
      if (running) for (const each of running) each.data(piece);
      else if (head && head.length + piece.length >= headSize)
        decide(head.length === 0 ? piece : Buffer.concat([head, piece]));
      else if (head) head = Buffer.concat([head, piece]);
    },
    end() {
      if (head) decide(head);
      for (const each of running ?? []) each.end();
    },
  };
}

/** Notes on a node, without its content, that a file stored in pieces with holes could not be examined. */
export function examineSparse(path: string, node: TreeNode, examine: Examine): void {
  const wanted = examine(path, { size: node.size, mode: node.mode, head: Buffer.alloc(0) });
  if (wanted?.keep || wanted?.hash) node.unread = 'sparse';
  if (wanted) node.marks = wanted.marks;
}

class RunningExamination implements EntrySink {
  readonly #node: TreeNode;
  readonly #wanted: Examination;
  readonly #limits: LayerLimits;
  readonly #tree: ImageTree;
  readonly #hash: Hash | null;
  #pieces: Buffer[] | null;
  #size = 0;

  constructor(node: TreeNode, wanted: Examination, limits: LayerLimits, tree: ImageTree) {
    this.#node = node;
    this.#wanted = wanted;
    this.#limits = limits;
    this.#tree = tree;
    this.#hash = wanted.hash ? createHash('sha256') : null;
    this.#pieces = wanted.keep ? [] : null;
  }

  data(piece: Buffer): void {
    this.#hash?.update(piece);
    this.#size += piece.length;
    if (this.#pieces) {
      const { keepBytes } = this.#wanted;
      const over =
        keepBytes === undefined
          ? this.#size > this.#limits.keptFileBytes || this.#tree.keptBytes + this.#size > this.#limits.keptBytes
          : this.#size > keepBytes;
      if (over) this.#pieces = null;
      else this.#pieces.push(Buffer.from(piece));
    }
    if (!this.#wanted.keep) this.#wanted.reader?.data(piece);
  }

  end(): void {
    this.#node.sha256 = this.#hash?.digest('hex') ?? null;
    this.#node.marks = this.#wanted.marks;
    if (!this.#wanted.keep) return this.#readToEnd();
    if (!this.#pieces) {
      this.#node.unread = 'too-large';
      return;
    }
    const content = this.#wanted.keep(
      this.#pieces.length === 1 && this.#pieces[0] ? this.#pieces[0] : Buffer.concat(this.#pieces),
    );
    this.#keep(content);
  }

  #readToEnd(): void {
    const found = this.#wanted.reader?.end();
    if (!found) return;
    if (found.marks.length > 0) this.#node.marks = [...this.#wanted.marks, ...found.marks];
    if (found.content) this.#keep(found.content);
  }

  #keep(content: Buffer): void {
    if (this.#tree.keptBytes + content.length > this.#limits.keptBytes) this.#node.unread = 'too-large';
    else this.#tree.keep(this.#node, content);
  }
}
