/** Referrers of a digest: by the API, and by the tag schema of registries that do not have it. */

import type { RawManifest } from '../content.ts';
import { OciError } from '../error.ts';
import { type Descriptor, ImageIndex, MAX_MANIFEST_BYTES, parseManifest } from '../manifest.ts';
import { OCI_INDEX } from '../media-types.ts';
import { readPages } from './lists.ts';
import type { Send } from './send.ts';

export type Referrers = {
  read(digest: string): Promise<Descriptor[]>;
  /** Adds a referrer to the index under the subject's tag, for registries that keep no list themselves. */
  add(subject: string, referrer: RawManifest): Promise<void>;
};

/** Answers of registries without the API. */
const ABSENT = [400, 404, 405];

/** @see distribution-spec 1.1, "Listing Referrers", "Referrers Tag Schema", "Pushing Manifests with Subject" */
export function createReferrers(
  send: Send,
  base: string,
  manifest: (reference: string) => Promise<RawManifest>,
): Referrers {
  let turn: Promise<unknown> = Promise.resolve();

  const readTag = async (digest: string): Promise<Descriptor[]> => {
    try {
      const raw = await manifest(tagOf(digest));
      const parsed = parseManifest(raw.bytes, raw.mediaType);
      return parsed.kind === 'index' ? parsed.manifest.manifests : [];
    } catch (error) {
      if (error instanceof OciError && error.code === 'not-found') return [];
      throw error;
    }
  };

  const addToTag = async (subject: string, referrer: RawManifest): Promise<void> => {
    const before = await readTag(subject);
    if (before.some((entry) => entry.digest === referrer.digest)) return;
    const bytes = Buffer.from(
      JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests: [...before, describe(referrer)] }),
    );
    if (bytes.length > MAX_MANIFEST_BYTES)
      throw new OciError('registry-error', `the list of what refers to ${subject} is full`);
    await send(`${base}/manifests/${tagOf(subject)}`, {
      method: 'PUT',
      headers: { 'content-type': OCI_INDEX },
      body: new Uint8Array(bytes),
    });
  };

  return {
    async read(digest) {
      const found: Descriptor[] = [];
      const outcome = await readPages(
        send,
        `${base}/referrers/${digest}`,
        ImageIndex,
        (page) => {
          found.push(...page.manifests);
          return page.manifests.length;
        },
        ABSENT,
      );
      return outcome === 'absent' ? readTag(digest) : found;
    },
    add(subject, referrer) {
      // Reading, adding and writing is no transaction there: at least this client takes turns.
      const mine = turn.then(() => addToTag(subject, referrer));
      turn = mine.catch(() => undefined);
      return mine;
    },
  };
}

const tagOf = (digest: string) => digest.replace(':', '-');

function describe(raw: RawManifest): Descriptor {
  const parsed = parseManifest(raw.bytes, raw.mediaType);
  const artifactType =
    parsed.manifest.artifactType ?? (parsed.kind === 'image' ? parsed.manifest.config.mediaType : undefined);
  return {
    mediaType: raw.mediaType,
    digest: raw.digest,
    size: raw.bytes.length,
    ...(artifactType === undefined ? {} : { artifactType }),
    ...(parsed.manifest.annotations === undefined ? {} : { annotations: parsed.manifest.annotations }),
  };
}
