/** Examines the files of one batch, one after the other. */
import type { BatchFile } from './batch.ts';
import { type ContentFacts, hasFacts } from './content-facts.ts';
import type { createFileExaminer } from './examine-file.ts';

/** @returns facts at the places of the files. @throws what the examiner throws */
export async function examineBatch(
  examine: ReturnType<typeof createFileExaminer>,
  memory: ArrayBuffer,
  files: readonly BatchFile[],
): Promise<(ContentFacts | null)[]> {
  const facts: (ContentFacts | null)[] = [];
  for (const { offset, length, ...file } of files) {
    const found = await examine({ ...file, content: Buffer.from(memory, offset, length) });
    facts.push(hasFacts(found) ? found : null);
  }
  return facts;
}
