/** Reads a tar archive as it streams by, holding no more than one block and one extended header. */
import { OciError } from '../error.ts';
import { type LayerLimits, overLimit } from './limits.ts';
import { BLOCK, decodeHeader, decodeText, isZeroBlock, type TarHeader } from './tar-header.ts';
import { decodePax, type PaxRecords } from './tar-pax.ts';

export type EntryKind = 'file' | 'hard-link' | 'symlink' | 'character-device' | 'block-device' | 'directory' | 'fifo';

export type TarEntry = {
  kind: EntryKind;
  /** As written in the archive, not yet normalised. */
  path: string;
  linkPath: string;
  mode: number;
  uid: number;
  gid: number;
  /** Bytes of the file as it would lie on disk. */
  size: number;
  /** The stored bytes are a map of holes and pieces, not the content. */
  sparse: boolean;
};

/** Receives the content of one file in pieces that are valid only during the call. */
export type EntrySink = { data(piece: Buffer): void; end(): void };

const KINDS: Readonly<Record<string, EntryKind>> = {
  '0': 'file',
  '1': 'hard-link',
  '2': 'symlink',
  '3': 'character-device',
  '4': 'block-device',
  '5': 'directory',
  '6': 'fifo',
  '7': 'file',
  S: 'file',
};

type State = 'header' | 'sparse-extension' | 'meta' | 'data' | 'padding' | 'ended';

/**
 * Push parser: `push` pieces of the archive in order, then `finish`. Where readers of tar differ it does as Go's
 * archive/tar, which containerd and Docker unpack with: GNU long names win over PAX paths, only files have content,
 * global PAX headers are passed over, two zero blocks end the archive.
 *
 * @throws OciError `layer-invalid` for what is no tar archive, `layer-limit`
 */
export class TarReader {
  readonly #layer: string;
  readonly #limits: LayerLimits;
  readonly #onEntry: (entry: TarEntry) => EntrySink | null;
  readonly #block = Buffer.alloc(BLOCK);
  #filled = 0;
  #state: State = 'header';
  #remaining = 0;
  #padding = 0;
  #offset = 0;
  #zeroBlocks = 0;
  #metaFlag = '';
  #meta: Buffer[] = [];
  #pax: PaxRecords | null = null;
  #longName: string | null = null;
  #longLink: string | null = null;
  #pending: TarHeader | null = null;
  #sink: EntrySink | null = null;

  constructor(layer: string, limits: LayerLimits, onEntry: (entry: TarEntry) => EntrySink | null) {
    this.#layer = layer;
    this.#limits = limits;
    this.#onEntry = onEntry;
  }

  push(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) {
      switch (this.#state) {
        case 'header':
        case 'sparse-extension': {
          const take = Math.min(BLOCK - this.#filled, chunk.length - at);
          chunk.copy(this.#block, this.#filled, at, at + take);
          this.#filled += take;
          at += take;
          if (this.#filled < BLOCK) return;
          this.#filled = 0;
          this.#offset += BLOCK;
          if (this.#state === 'header') this.#header();
          else if (this.#block[504] === 0) this.#entry();
          break;
        }
        case 'meta':
        case 'data': {
          const take = Math.min(this.#remaining, chunk.length - at);
          const piece = chunk.subarray(at, at + take);
          if (this.#state === 'meta') this.#meta.push(Buffer.from(piece));
          else this.#sink?.data(piece);
          this.#remaining -= take;
          at += take;
          if (this.#remaining === 0) this.#contentEnded();
          break;
        }
        case 'padding': {
          const take = Math.min(this.#padding, chunk.length - at);
          this.#padding -= take;
          at += take;
          if (this.#padding === 0) this.#state = 'header';
          break;
        }
        case 'ended':
          return; // what follows the end is hashed by the caller and means nothing
      }
    }
  }

  /** Says that nothing follows. A missing end mark is accepted, as most readers do; a cut entry is not. */
  finish(): void {
    const between = this.#state === 'header' && this.#filled === 0 && this.#pax === null && this.#longName === null;
    if (!between && this.#state !== 'ended' && this.#state !== 'padding') this.#invalid('the archive is cut off');
  }

  #header(): void {
    if (isZeroBlock(this.#block)) {
      this.#zeroBlocks += 1;
      if (this.#zeroBlocks === 2) this.#state = 'ended';
      return;
    }
    if (this.#zeroBlocks > 0) this.#invalid('an entry follows a zero block');
    const header = decodeHeader(this.#block) ?? this.#invalid('the header is damaged');
    this.#padding = (BLOCK - (header.size % BLOCK)) % BLOCK;
    if ('xXgLK'.includes(header.flag)) {
      if (header.size > this.#limits.headerBytes)
        overLimit(
          this.#layer,
          'headerBytes',
          `an extended header of ${header.size} bytes at offset ${this.#offset}, at most ${this.#limits.headerBytes} are read`,
        );
      this.#metaFlag = header.flag;
      this.#meta = [];
      this.#content('meta', header.size);
      return;
    }
    this.#pending = header;
    if (header.sparseExtended) this.#state = 'sparse-extension';
    else this.#entry();
  }

  /** Everything about one entry is known: hands it out and goes on to its content. */
  #entry(): void {
    const header = this.#pending ?? this.#invalid('an entry has no header');
    const pax = this.#pax;
    const path = this.#longName ?? pax?.sparseName ?? pax?.path ?? header.name;
    const linkPath = this.#longLink ?? pax?.linkPath ?? header.linkName;
    this.#pending = this.#pax = this.#longName = this.#longLink = null;
    let kind = KINDS[header.flag];
    if (kind === 'file' && path.endsWith('/')) kind = 'directory'; // v7 archives
    const stored = kind === 'file' || kind === undefined ? (pax?.size ?? header.size) : 0;
    this.#padding = (BLOCK - (stored % BLOCK)) % BLOCK;
    const sparse = header.flag === 'S' || pax?.sparse === true;
    const size = sparse ? (pax?.sparseSize ?? header.sparseSize) : stored;
    if (stored > this.#limits.bytesPerLayer)
      overLimit(
        this.#layer,
        'bytesPerLayer',
        `${JSON.stringify(path.slice(0, 200))} claims ${stored} bytes, at most ${this.#limits.bytesPerLayer} are read`,
      );
    // Kinds that no reader knows (volume labels and the like) have their content passed over.
    this.#sink =
      kind === undefined
        ? null
        : this.#onEntry({
            kind,
            path,
            linkPath,
            mode: header.mode,
            uid: pax?.uid ?? header.uid,
            gid: pax?.gid ?? header.gid,
            size,
            sparse,
          });
    this.#content('data', stored);
  }

  #content(state: 'meta' | 'data', size: number): void {
    this.#state = state;
    this.#remaining = size;
    if (size === 0) this.#contentEnded();
  }

  #contentEnded(): void {
    if (this.#state === 'meta') this.#metaEnded();
    else {
      this.#sink?.end();
      this.#sink = null;
    }
    this.#state = this.#padding > 0 ? 'padding' : 'header';
  }

  #metaEnded(): void {
    const bytes = Buffer.concat(this.#meta);
    this.#meta = [];
    if (this.#metaFlag === 'L') this.#longName = decodeText(bytes, 0, bytes.length);
    else if (this.#metaFlag === 'K') this.#longLink = decodeText(bytes, 0, bytes.length);
    else if (this.#metaFlag !== 'g') this.#pax = decodePax(bytes) ?? this.#invalid('a PAX header is malformed');
  }

  #invalid(what: string): never {
    throw new OciError(
      'layer-invalid',
      `layer ${this.#layer} is no readable tar archive: ${what} (at offset ${this.#offset})`,
    );
  }
}
