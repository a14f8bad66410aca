/** Looks into one content, and into the archives in it, with every examiner that is on. */
import { createHash } from 'node:crypto';
import type { MalwareMatch, Unexamined } from '@pratique/contract';
import { openNested } from '../archives/open-nested.ts';
import type { Clamd } from '../malware/clamd.ts';
import { compileRules } from '../malware/compile-rules.ts';
import { contentKind } from '../malware/content-kind.ts';
import { examineContent } from '../malware/examine-content.ts';
import { readRules } from '../malware/read-rules.ts';
import { createSecretExaminer, type SecretExaminer } from '../secrets/examiner.ts';
import type { ContentFacts, FileContent } from './content-facts.ts';
import type { OpenedRules } from './own-rules.ts';

export type ContentScanners = {
  /** The salt of fingerprints; null where nobody asked for secrets. */
  secrets: { salt: Buffer } | null;
  malware: boolean;
  /** Rules beside ours. */
  own?: OpenedRules;
};

/** Of one file; beyond it is only counted. */
const MAX_FACTS = 1000;
const HEAD_BYTES = 512;
/** Of rules on one file and all that is in it; what is made to be slow is named as not examined to its end. */
const CONTENT_MS = 10_000;

/**
 * An examiner to be used for all files of a thread: making one compiles the rules. One content at a time.
 *
 * @throws ScanError `rules-refused`, `engine-missing`
 */
export function createFileExaminer({
  secrets,
  malware,
  own,
}: ContentScanners): (file: FileContent) => Promise<ContentFacts> {
  let unexamined: Unexamined[] = [];
  const rules = malware
    ? [{ name: 'pratique', rules: compileRules(readRules(), 'pratique', { lazy: true, prefiltered: true }) }]
    : [];
  // One pass over each content looks for the words of both.
  const seeker = rules[0]?.rules.seeker;
  const searcher: SecretExaminer | null = secrets
    ? createSecretExaminer({
        ...secrets,
        ...(seeker && { also: seeker }),
        ...(own ? { rules: own.secretRules, kinds: own.kinds } : {}),
        note(note) {
          if (note.type === 'incomplete')
            unexamined.push({ path: note.path, kind: 'partial', detail: `secrets: ${note.detail}` });
        },
      })
    : null;
  const hashLists = own?.hashLists ?? [];
  const clamd = malware ? (own?.clamd ?? null) : null;

  const look = (file: FileContent, facts: ContentFacts, budget: { ms: number }): void => {
    if (searcher) facts.secrets.push(...searcher.examine(file));
    if (!malware) return;
    const { path, mode, content, skipped } = file;
    const sha256 = hashLists.length > 0 && skipped === 0 ? createHash('sha256').update(content).digest('hex') : null;
    const kind = contentKind(content.subarray(0, HEAD_BYTES));
    const sought = searcher !== null;
    const found = examineContent({ path, mode, kind, content, skipped, sha256, sought }, { rules, hashLists, budget });
    facts.malware.push(...(found.matches.length > 0 ? withDigest(found.matches, skipped === 0 ? content : null) : []));
    unexamined.push(...found.unexamined);
  };

  return async (file) => {
    const facts: ContentFacts = { secrets: [], malware: [], unexamined: [] };
    unexamined = facts.unexamined;
    const budget = { ms: CONTENT_MS };
    look(file, facts, budget);
    if (clamd) await ask(clamd, file, facts);
    // An archive without its middle cannot be opened; that it is partial has been said.
    if (file.skipped > 0) return facts;
    for await (const item of openNested(file.content, file.path)) {
      if (item.kind === 'unexamined') facts.unexamined.push(item.what);
      else {
        look({ ...item, size: item.content.length, skipped: 0 }, facts, budget);
        if (clamd) await ask(clamd, { ...item, skipped: 0 }, facts);
      }
      if (facts.secrets.length + facts.malware.length < MAX_FACTS && facts.unexamined.length < MAX_FACTS) continue;
      facts.unexamined.push({
        path: file.path,
        kind: 'limit',
        detail: `the archives in it were not examined to their end: more than ${MAX_FACTS} things are to be told of it`,
      });
      break;
    }
    return facts;
  };
}

/** A content without its middle is not sent: what clamd would say of it is not of the file. */
async function ask(
  clamd: Clamd,
  { path, content, skipped }: Pick<FileContent, 'path' | 'content' | 'skipped'>,
  facts: ContentFacts,
): Promise<void> {
  if (skipped > 0) {
    facts.unexamined.push({ path, kind: 'limit', detail: 'clamd was not asked: it is too long to be read whole' });
    return;
  }
  const { matches, unexamined } = await clamd.examine({ path, content });
  facts.malware.push(...(matches.length > 0 ? withDigest(matches, content) : []));
  facts.unexamined.push(...unexamined);
}

/** By its digest a file can be allowed: the same one wherever it lies, and no other. Null where not all of it was read. */
function withDigest(matches: readonly MalwareMatch[], content: Buffer | null): MalwareMatch[] {
  const sha256 = content && createHash('sha256').update(content).digest('hex');
  return matches.map((match) => ({ ...match, sha256 }));
}
