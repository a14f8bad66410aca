/** Layers merged with all their contents kept, and what came of it in lines. */

import { expect } from 'vitest';
import { OciError } from '../error.ts';
import type { LayerLimits } from './limits.ts';
import { type MergedImage, mergeLayers } from './merge-layers.ts';
import type { LayerInput } from './read-layer.ts';

export const keepAll = (): { hash: boolean; keep: (content: Buffer) => Buffer; marks: string[] } => ({
  hash: true,
  keep: (content) => content,
  marks: [],
});

export function merge(layers: LayerInput[], limits: Partial<LayerLimits> = {}): Promise<MergedImage> {
  return mergeLayers(layers, { examine: keepAll, limits });
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
