/** Looks for secrets and malware in all contents of an image while its layers are read. */
import type { InspectedFile, Inspector } from '@pratique/oci/layers/inspect';
import { mayStartThreads } from '@pratique/oci/layers/read-layer';
import { ContentWindow } from '../malware/content-window.ts';
import { malwareWants } from '../malware/wants.ts';
import { Batch, type Limits, type Slot, wantedBytes } from './batch.ts';
import { type ContentFacts, type FileContent, hasFacts } from './content-facts.ts';
import { type Asked, ContentPool } from './content-pool.ts';
import { createFileExaminer } from './examine-file.ts';
import { NO_OWN_RULES, type OwnRules, openOwnRules } from './own-rules.ts';

export type ContentWanted = {
  secrets: { salt: Buffer } | null;
  malware: boolean;
  /** Rules beside ours. */
  own?: OwnRules;
};
export type ContentInspector = Inspector & { close(): Promise<void> };

/** Of one file: memory is what it costs. */
const MOST: Limits = { headBytes: 64 * 1024 * 1024, tailBytes: 1024 * 1024 };

/** In threads beside, where they may be started; else where the layers are read, file by file. */
export function inspectContent(wanted: ContentWanted): ContentInspector {
  return mayStartThreads() ? inspectBeside(wanted) : inspectHere(wanted);
}

function limitsOf(file: InspectedFile): Limits | null {
  const wanted = malwareWants(file);
  if (!wanted) return null;
  return {
    headBytes: Math.min(wanted.headBytes, MOST.headBytes),
    tailBytes: Math.min(wanted.tailBytes, MOST.tailBytes),
  };
}

const sparse = ({ path }: InspectedFile): ContentFacts => ({
  secrets: [],
  malware: [],
  unexamined: [{ path, kind: 'unsupported', detail: 'it is stored in pieces with holes' }],
});

export function inspectBeside({ secrets, malware, own = NO_OWN_RULES }: ContentWanted): ContentInspector {
  const pool = new ContentPool({ secrets, malware, own });
  let current: Batch<Asked> | null = null;
  const sealed = new Set<Batch<Asked>>();
  const seal = (): void => {
    if (!current) return;
    if (current.busy) sealed.add(current);
    else pool.give(current);
    current = null;
  };
  const ended = (batch: Batch<Asked>): void => {
    if (!batch.busy && sealed.delete(batch)) pool.give(batch);
  };
  return {
    open(file) {
      if (file.sparse) return { data() {}, end: () => sparse(file) };
      const limits = limitsOf(file);
      if (!limits) return null;
      const length = wantedBytes(file.size, limits);
      if (current && !current.fits(length)) seal();
      current ??= new Batch<Asked>(pool.memoryFor(length));
      const batch = current;
      const { path, mode, size } = file;
      let asked: Asked = { resolve() {}, reject() {} };
      const facts = new Promise<ContentFacts | null>((resolve, reject) => {
        asked = { resolve, reject };
      });
      const slot: Slot = batch.add({ path, mode, size }, limits, asked);
      return {
        data: (piece) => slot.data(piece),
        end() {
          slot.end();
          ended(batch);
          return facts;
        },
      };
    },
    room: () => pool.room(),
    flush: seal,
    close: () => pool.close(),
  };
}

export function inspectHere({ secrets, malware, own = NO_OWN_RULES }: ContentWanted): ContentInspector {
  // Rules are compiled for the first content: an image of which all layers are remembered needs none.
  let examine: ReturnType<typeof createFileExaminer> | null = null;
  let last: Promise<void> | null = null;
  const examineNext = async (before: Promise<void> | null, file: FileContent): Promise<ContentFacts | null> => {
    await before;
    examine ??= createFileExaminer({ secrets, malware, own: openOwnRules(own) });
    const facts = await examine(file);
    return hasFacts(facts) ? facts : null;
  };
  return {
    open(file) {
      if (file.sparse) return { data() {}, end: () => sparse(file) };
      const limits = limitsOf(file);
      if (!limits) return null;
      const { path, mode, size } = file;
      const window = new ContentWindow(limits);
      return {
        data: (piece) => window.data(piece),
        end() {
          const facts = examineNext(last, { path, mode, size, ...window.end() });
          const done: Promise<void> = facts.then(
            () => {},
            () => {}, // told to whoever waits for the facts
          );
          last = done;
          void done.then(() => {
            if (last === done) last = null;
          });
          return facts;
        },
      };
    },
    // No more contents are held than came with one piece.
    room: () => last,
    flush() {},
    close: async () => {},
  };
}
