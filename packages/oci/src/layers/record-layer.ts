/** Reads a layer into a tree, and writes down what it taught. */
import { applyEntry, type LayerTarget } from './apply-layer.ts';
import { type Examine, examineFile, examineSparse } from './examine.ts';
import type { InspectedFacts, Inspector } from './inspect.ts';
import { type LayerRecord, LayerRecorder, type RecordedEntry } from './layer-record.ts';
import { type LayerInput, type LayerRead, type ReadLayerOptions, readLayer } from './read-layer.ts';
import type { EntrySink } from './tar-reader.ts';

/**
 * @param remember false where nobody wants the record
 * @returns the record too, null where the layer is too large to be written down
 * @throws OciError as `readLayer`
 */
export async function recordLayer(
  to: Omit<LayerTarget, 'file'>,
  layer: LayerInput,
  { examine, inspector, remember }: { examine: Examine; inspector: Inspector | null; remember: boolean },
  reading: ReadLayerOptions,
): Promise<LayerRead & { record: LayerRecord | null; facts: InspectedFacts[] }> {
  const recorder = remember ? new LayerRecorder() : null;
  let recorded: RecordedEntry | null = null;
  const found: InspectedFacts[] = [];
  let open: EntrySink | null = null;
  const target: LayerTarget = {
    ...to,
    file(path, node, entry) {
      const noted = recorded;
      let facts: unknown = null;
      const done = (): void => {
        if (facts !== null && facts !== undefined) found.push({ layer: to.layer, path, facts });
        if (noted) recorder?.examined(noted, path, node, facts ?? null);
      };
      if (entry.sparse) {
        examineSparse(path, node, examine);
        facts = inspector?.open({ path, size: node.size, mode: node.mode, head: Buffer.alloc(0), sparse: true })?.end();
        done();
        return null;
      }
      const sink = examineFile(path, node, examine, to.limits, to.tree, inspector, (said) => {
        facts = said;
        // Told when all are waited for; the layer itself may fail before.
        if (said instanceof Promise) said.catch(() => {});
      });
      open = sink;
      return {
        data: (piece) => sink.data(piece),
        end() {
          open = null;
          sink.end();
          done();
        },
      };
    },
  };
  let result: LayerRead;
  try {
    result = await readLayer(
      layer,
      (entry) => {
        recorded = recorder?.note(entry) ?? null;
        return applyEntry(target, entry);
      },
      { ...reading, room: inspector ? () => inspector.room() : undefined },
    );
  } finally {
    // A content that breaks off is ended, so that what another layer gave beside it does not wait for it.
    (open as EntrySink | null)?.end();
    inspector?.flush();
  }
  const facts = await settleFacts(found);
  const record = recorder?.finish(result) ?? null;
  for (const { examined } of record?.entries ?? [])
    if (examined?.facts instanceof Promise) examined.facts = (await examined.facts) ?? null;
  return { ...result, record, facts };
}

/** What was promised, where it was something. @throws what an inspection failed with */
export async function settleFacts(found: readonly InspectedFacts[]): Promise<InspectedFacts[]> {
  const settled = await Promise.all(found.map(async (each) => ({ ...each, facts: await each.facts })));
  return settled.filter(({ facts }) => facts !== null && facts !== undefined);
}
