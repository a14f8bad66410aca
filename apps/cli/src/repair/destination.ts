/** Where a repaired image goes: beside the original under a tag of its own, or where the user says. */
import { OciError } from '@pratique/oci';
import type { Context } from '../context.ts';
import { CliError, EXIT } from '../exit.ts';
import { openSource } from '../place.ts';

const MAX_SUFFIXES = 1000;
/** OCI distribution-spec 1.1, "Pulling manifests". */
const TAG = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;

/** @returns the place, by the digest that is to lie there */
export type Choice = (digest: string) => Promise<string>;

/**
 * @param to a tag, a place as `compose` takes it, or nothing: the first of TAG-r1, TAG-r2, ... that is free or this image
 * @throws CliError usage where the subject has no place for another tag
 */
export async function chooseDestination(context: Context, subject: string, to: string | undefined): Promise<Choice> {
  if (to !== undefined && !TAG.test(to)) return () => Promise.resolve(to);
  const { at, tag } = placeOf(subject);
  if (at === null)
    throw new CliError(EXIT.usage, `beside ${subject} there is no room for another image; say where with --to`);
  if (to !== undefined) return () => Promise.resolve(`${at}:${to}`);
  return async (digest) => {
    const base = tag.replace(/-r\d{1,4}$/, '');
    for (let n = 1; n <= MAX_SUFFIXES; n += 1) {
      const place = `${at}:${base}-r${n}`;
      const there = await digestAt(context, place);
      if (there === null || there === digest) return place;
    }
    throw new CliError(EXIT.fault, `${at} has ${MAX_SUFFIXES} repaired images of ${base} already; say a tag with --to`);
  };
}

/** Null `at` for files that hold one image, and for stores that are only read. */
function placeOf(subject: string): { at: string | null; tag: string } {
  if (/^(?:docker-archive|podman|containerd|docker):/.test(subject)) return { at: null, tag: '' };
  const plain = subject.replace(/@sha256:[0-9a-f]{64}$/, '');
  const colon = plain.lastIndexOf(':');
  const tag = plain.slice(colon + 1);
  // A port, or the colon after `oci`.
  if (colon < 0 || !TAG.test(tag) || plain.slice(0, colon) === 'oci')
    return { at: plain, tag: plain === subject ? 'latest' : 'repaired' };
  return { at: plain.slice(0, colon), tag };
}

async function digestAt(context: Context, place: string): Promise<string | null> {
  const { source, reference, close } = await openSource(context, place);
  try {
    return (await source.manifest(reference)).digest;
  } catch (error) {
    if (error instanceof OciError && error.code === 'not-found') return null;
    throw error;
  } finally {
    await close();
  }
}
