/** Reads a layer into a tree, and writes down what it taught. */
import { applyEntry, type LayerTarget } from './apply-layer.ts';
import { type Examine, examineFile, examineSparse } from './examine.ts';
import { type LayerRecord, LayerRecorder, type RecordedEntry } from './layer-record.ts';
import { type LayerInput, type LayerRead, type ReadLayerOptions, readLayer } from './read-layer.ts';

/**
 * @param remember false where nobody wants the record
 * @returns the record too, null where the layer is too large to be written down
 * @throws OciError as `readLayer`
 */
export async function recordLayer(
  to: Omit<LayerTarget, 'file'>,
  layer: LayerInput,
  examine: Examine,
  remember: boolean,
  reading: ReadLayerOptions,
): Promise<LayerRead & { record: LayerRecord | null }> {
  const recorder = remember ? new LayerRecorder() : null;
  let recorded: RecordedEntry | null = null;
  const target: LayerTarget = {
    ...to,
    file(path, node, entry) {
      const noted = recorded;
      const done = (): void => {
        if (noted) recorder?.examined(noted, path, node);
      };
      if (entry.sparse) {
        examineSparse(path, node, examine);
        done();
        return null;
      }
      const sink = examineFile(path, node, examine, to.limits, to.tree);
      return {
        data: (piece) => sink.data(piece),
        end() {
          sink.end();
          done();
        },
      };
    },
  };
  const result = await readLayer(
    layer,
    (entry) => {
      recorded = recorder?.note(entry) ?? null;
      return applyEntry(target, entry);
    },
    reading,
  );
  return { ...result, record: recorder?.finish(result) ?? null };
}
