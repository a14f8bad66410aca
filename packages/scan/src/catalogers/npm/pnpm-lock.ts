/** Reads pnpm-lock.yaml, versions 5 to 9. */
import { LockEntries, type LockRead, quote } from '../lock.ts';
import { asObject, asText, readYaml } from '../text.ts';
import { isNpmName } from './package-json.ts';

const MAX_DOCUMENTS = 10;

/**
 * The keys of `packages`: `/name/1.2.3_peers` up to version 5, `/name@1.2.3(peers)` in 6, `name@1.2.3` in 9. What has no
 * version there (a tarball, a commit) says its own in a field. Newer versions put a document about pnpm itself before.
 * @returns null for what is no lock file of pnpm
 * @see pnpm/spec, lockfile/5.md, 6.0.md and 9.0.md
 */
export function parsePnpmLock(content: Buffer): LockRead | null {
  const entries = new LockEntries(isNpmName);
  let documents = 0;
  for (const document of splitDocuments(content)) {
    const lock = asObject(readYaml(document));
    const version = Number.parseFloat(asText(lock['lockfileVersion']) ?? '');
    if (Number.isNaN(version)) return null;
    documents += 1;
    for (const [key, value] of Object.entries(asObject(lock['packages']))) {
      const each = asObject(value);
      const resolution = asObject(each['resolution']);
      if (asText(resolution['type']) === 'directory' || key.startsWith('link:')) continue;
      const told = version < 6 ? splitPath(key) : splitKey(key);
      const name = asText(each['name']) ?? told?.name;
      const pinned = asText(each['version']) ?? told?.version;
      if (name === undefined || pinned === undefined)
        entries.problem(`entry ${quote(key)} has no readable name and version`);
      else entries.add(name, pinned, [], key, each['dev'] === true); // up to version 6; 9 does not say
    }
  }
  return documents > 0 ? entries.read : null;
}

function splitDocuments(content: Buffer): Buffer[] {
  if (!content.includes('\n---') && !content.subarray(0, 3).equals(Buffer.from('---'))) return [content];
  const parts = content.toString('utf8').split(/^---[ \t]*$/m, MAX_DOCUMENTS);
  return parts.filter((each) => each.trim() !== '').map((each) => Buffer.from(each));
}

/** `/@scope/name/1.2.3_peer@1.0.0` and `/name/1.2.3/peer@1.0.0`, with a registry's host before it for all but the default. */
function splitPath(key: string): { name: string; version: string } | null {
  const match = /^[^/]*\/((?:@[^/]+\/)?[^/@]+)\/([0-9][^_/(]*)/.exec(key);
  return match?.[1] && match[2] ? { name: match[1], version: match[2] } : null;
}

/** `name@1.2.3(peer@1.0.0)`; a version that is an address stays one. */
function splitKey(key: string): { name: string; version: string } | null {
  const match = /^\/?((?:@[^/]+\/)?[^/@]+)@([^(]+)/.exec(key);
  return match?.[1] && match[2] ? { name: match[1], version: match[2] } : null;
}
