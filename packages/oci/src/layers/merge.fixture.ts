/** Layers merged with all their contents kept, and what came of it in lines. */

import { expect } from 'vitest';
import { OciError } from '../error.ts';
import type { LayerMemory, LayerRecord } from './layer-record.ts';
import type { LayerLimits } from './limits.ts';
import { type MergedImage, mergeLayers } from './merge-layers.ts';
import type { LayerInput } from './read-layer.ts';

export const keepAll = (): { hash: boolean; keep: (content: Buffer) => Buffer; marks: string[] } => ({
  hash: true,
  keep: (content) => content,
  marks: [],
});

/** Merges thrice: what was read ahead, or is remembered of the layers, must give the same tree; the latter without any of them being opened. */
export async function merge(
  layers: LayerInput[],
  limits: Partial<LayerLimits> = {},
  besideBytes?: number,
): Promise<MergedImage> {
  const memory = rememberAll();
  const merged = await mergeLayers(layers, { examine: keepAll, limits, memory, besideBytes });
  const closed = layers.map((layer) =>
    memory.knows(layer) ? { ...layer, open: () => Promise.reject(new Error('a remembered layer was opened')) } : layer,
  );
  const again = await mergeLayers(closed, { examine: keepAll, limits, memory });
  expect(again.layers).toEqual(merged.layers);
  expect(facts(again)).toEqual(facts(merged));
  expect(again.tree.problems).toEqual(merged.tree.problems);
  const together = layers.reduce((sum, { descriptor }) => sum + descriptor.size, 0);
  const ahead = await mergeLayers(layers, { examine: keepAll, limits, besideBytes: together });
  expect(facts(ahead)).toEqual(facts(merged));
  expect(ahead.tree.problems).toEqual(merged.tree.problems);
  return merged;
}

/** A memory without bounds. */
export function rememberAll(): LayerMemory & { knows(layer: LayerInput): boolean } {
  const records = new Map<string, LayerRecord>();
  return {
    knows: ({ descriptor }) => records.has(descriptor.digest),
    recall: async ({ descriptor }) => records.get(descriptor.digest) ?? null,
    keep: async ({ descriptor }, record) => void records.set(descriptor.digest, record),
  };
}

function facts({ tree }: MergedImage): unknown[] {
  return [...tree.nodes()].map(({ path, node }) => ({ path, ...node, parent: null, children: null }));
}

export function listing(image: MergedImage): string[] {
  return [...image.tree.nodes()]
    .filter(({ node }) => node.kind !== 'directory')
    .map(({ path, node }) =>
      node.kind === 'symlink' ? `${path} -> ${node.target}` : `${path}=${node.content?.toString() ?? '?'}`,
    );
}

export async function refusal(work: Promise<unknown>): Promise<OciError> {
  const error: unknown = await work.then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(OciError);
  return error as OciError;
}

/** RFC 8878, section 3.1.2: magic, length, anything. */
export const SKIPPABLE = Buffer.concat([Buffer.from('502a4d1805000000', 'hex'), Buffer.from('hello')]);
