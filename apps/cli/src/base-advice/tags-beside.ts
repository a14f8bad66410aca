/** The tags beside an image: of the same repository, or in the same folder. */
import { resolve } from 'node:path';
import type { ContentSource, Registry } from '@pratique/oci';
import type { Context } from '../context.ts';
import { openSource } from '../place.ts';

export type TaggedPlace = { tag: string; place: string };

/**
 * @param place `oci:DIR[:TAG]` or a reference; its own tag may be missing there
 * @returns empty for places that hold one image, or are read only by name
 */
export async function tagsBeside(context: Context, place: string): Promise<TaggedPlace[]> {
  if (place.startsWith('oci:')) {
    const { readIndex, namesOf } = await import('@pratique/oci/layout/layout-files');
    const { at } = splitTag(place);
    const index = await readIndex(resolve(context.cwd, at.slice('oci:'.length)));
    return (index?.manifests ?? []).flatMap(namesOf).map((tag) => ({ tag, place: `${at}:${tag}` }));
  }
  if (/^(?:docker-archive|podman|containerd|docker):/.test(place)) return [];
  const { source, close } = await openSource(context, place);
  try {
    if (!isRegistry(source)) return [];
    const { at } = splitTag(place);
    return (await source.tags()).map((tag) => ({ tag, place: `${at}:${tag}` }));
  } finally {
    await close();
  }
}

const isRegistry = (source: ContentSource): source is Registry => 'tags' in source;

/** Without digest and tag; a port, or the colon after `oci`, is none. */
export function splitTag(place: string): { at: string; tag: string | null } {
  const plain = place.replace(/@sha256:[a-f0-9]{64}$/, '');
  const colon = plain.lastIndexOf(':');
  const tag = plain.slice(colon + 1);
  if (colon < 0 || tag.includes('/') || tag === '' || plain.slice(0, colon) === 'oci') return { at: plain, tag: null };
  return { at: plain.slice(0, colon), tag };
}
