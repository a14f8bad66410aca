/** Looks for secrets and malware in all contents of an image while its layers are read. */
import type { InspectedFile, Inspector } from '@pratique/oci/layers/inspect';
import { mayStartThreads } from '@pratique/oci/layers/read-layer';
import { malwareWants } from '../malware/wants.ts';
import { Batch, type Limits, type Slot, wantedBytes } from './batch.ts';
import { BatchesHere } from './batches-here.ts';
import type { ContentFacts } from './content-facts.ts';
import { type Asked, type Batches, ContentPool } from './content-pool.ts';
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
  return inspectIn(new ContentPool({ secrets, malware, own }));
}

function inspectIn(pool: Batches): ContentInspector {
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
  return inspectIn(new BatchesHere(() => createFileExaminer({ secrets, malware, own: openOwnRules(own) })));
}
