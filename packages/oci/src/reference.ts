/** Image references: `[host[:port]/]NAME[:tag][@digest]`. */
import { isDigest } from '@pratique/contract';
import { OciError } from './error.ts';

export type Reference = {
  /** `host[:port]`, or null when the reference names no registry. */
  host: string | null;
  /** Path of the repository, with slashes. */
  name: string;
  tag: string | null;
  digest: string | null;
};

/** One path component of a repository name (distribution-spec 1.1, "Pulling manifests"). */
const COMPONENT = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;
const TAG = /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/;
const HOST =
  /^(?:localhost|[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)+|\[[a-fA-F0-9:]+\])(?::[0-9]{1,5})?$|^[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?(?::[0-9]{1,5})?$/;

/** True for a repository name of at most 255 characters that the distribution specification allows. */
export function isRepositoryName(name: string): boolean {
  return name.length > 0 && name.length <= 255 && name.split('/').every((part) => COMPONENT.test(part));
}

/** True for a tag that the distribution specification allows. */
export function isTag(tag: string): boolean {
  return TAG.test(tag);
}

/**
 * Parses a reference. The first component is a host when it contains a dot or a port, or is `localhost`, as docker does.
 * @throws OciError `reference-invalid`, naming the part that is wrong
 */
export function parseReference(text: string): Reference {
  if (text.length > 600) throw new OciError('reference-invalid', 'a reference has at most 600 characters');
  const refuse = (what: string): never => {
    throw new OciError('reference-invalid', `${JSON.stringify(text.slice(0, 200))} is no image reference: ${what}`);
  };
  const at = text.indexOf('@');
  const digest = at < 0 ? null : text.slice(at + 1);
  if (digest !== null && !isDigest(digest)) refuse(`${digest.slice(0, 100)} is no sha256 digest`);
  const rest = at < 0 ? text : text.slice(0, at);
  const slash = rest.indexOf('/');
  const first = slash < 0 ? '' : rest.slice(0, slash);
  const host = readHost(first);
  if (host === undefined) return refuse(`${first.slice(0, 100)} is no host`);
  const path = host === null ? rest : rest.slice(slash + 1);
  const colon = path.lastIndexOf(':');
  const tag = colon > path.lastIndexOf('/') ? path.slice(colon + 1) : null;
  const name = tag === null ? path : path.slice(0, colon);
  if (tag !== null && !isTag(tag)) refuse(`${tag} is no tag`);
  // Docker keeps such names for image ids.
  if (/^[a-f0-9]{64}$/.test(name)) refuse('64 hex digits are an id; write NAME@sha256:ID');
  if (!isRepositoryName(name)) refuse(`${name || 'an empty string'} is no repository name`);
  return { host, name, tag, digest };
}

/** Whether the first component names a host is decided by its look alone; one that looks like a host and is none is undefined. */
function readHost(first: string): string | null | undefined {
  if (first !== 'localhost' && !/[.:A-Z[\]]/.test(first)) return null;
  const port = /:(\d+)$/.exec(first)?.[1];
  return HOST.test(first) && (port === undefined || Number(port) <= 65_535) ? first : undefined;
}

/** Writes a reference as `parseReference` reads it. */
export function formatReference(reference: Reference): string {
  const host = reference.host === null ? '' : `${reference.host}/`;
  const tag = reference.tag === null ? '' : `:${reference.tag}`;
  const digest = reference.digest === null ? '' : `@${reference.digest}`;
  return `${host}${reference.name}${tag}${digest}`;
}
