/** A thread that examines batches of contents. */
import { parentPort, workerData } from 'node:worker_threads';
import { BATCH_BYTES, type BatchFile, freeMemory } from './batch.ts';
import type { ContentFacts } from './content-facts.ts';
import { examineBatch } from './examine-batch.ts';
import { type ContentScanners, createFileExaminer } from './examine-file.ts';
import { type OwnRules, openOwnRules } from './own-rules.ts';

export type Task = { id: number; memory: ArrayBuffer; files: BatchFile[] };
/** Facts at the places of the files; the memory goes back to be used again, where other batches can use it. */
export type Answer = { id: number; facts: (ContentFacts | null)[]; memory: ArrayBuffer | null };
export type Started = { secrets: { salt: Uint8Array } | null; malware: boolean; own: OwnRules };

const { secrets, malware, own } = workerData as Started;
const scanners: ContentScanners = {
  secrets: secrets && { salt: Buffer.from(secrets.salt) },
  malware,
  own: openOwnRules(own),
};
const examine = createFileExaminer(scanners);
let last: Promise<void> = Promise.resolve();

parentPort?.on('message', ({ id, memory, files }: Task) => {
  last = last.then(async () => {
    const facts = await examineBatch(examine, memory, files);
    if (memory.byteLength === BATCH_BYTES) parentPort?.postMessage({ id, facts, memory } satisfies Answer, [memory]);
    else {
      freeMemory(memory);
      parentPort?.postMessage({ id, facts, memory: null } satisfies Answer);
    }
  });
});
