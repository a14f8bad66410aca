/** A thread that examines batches of contents. */
import { parentPort, workerData } from 'node:worker_threads';
import type { BatchFile } from './batch.ts';
import { type ContentFacts, hasFacts } from './content-facts.ts';
import { type ContentScanners, createFileExaminer } from './examine-file.ts';
import { type OwnRules, openOwnRules } from './own-rules.ts';

export type Task = { id: number; memory: ArrayBuffer; files: BatchFile[] };
/** Facts at the places of the files; the memory goes back to be used again. */
export type Answer = { id: number; facts: (ContentFacts | null)[]; memory: ArrayBuffer };
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
    const facts: Answer['facts'] = [];
    for (const { offset, length, ...file } of files) {
      const found = await examine({ ...file, content: Buffer.from(memory, offset, length) });
      facts.push(hasFacts(found) ? found : null);
    }
    parentPort?.postMessage({ id, facts, memory } satisfies Answer, [memory]);
  });
});
