/** Examines one file after the other for secrets. */
import type { SecretPlace, Severity } from '@pratique/contract';
import { seekWords, type WordSeeker } from '../malware/prefilter.ts';
import { KINDS } from './catalog/list.ts';
import type { UserRule } from './import/user-rule.ts';
import { type FileKind, type Found, type KeywordKind, type Kind, MAX_FILE_BYTES } from './kind.ts';
import { type Literal, LiteralIndex } from './literal-index.ts';
import { type PathFacts, pathFacts } from './path-facts.ts';
import { fingerprintOf, redact, without } from './redact.ts';

export type ExaminedFile = {
  /** Inside of the image; `outer.zip!inner/file` inside of archives. */
  path: string;
  mode: number;
  /** Of the whole file; `content` may be its beginning. */
  size: number;
  content: Buffer;
};

export type SecretMatch = {
  id: string;
  title: string;
  severity: Severity;
  where: SecretPlace['where'];
  path: string;
  /** From 1, in bytes. */
  line: number;
  column: number;
  redacted: string;
  fingerprint: string;
};

/** What an examination does not say by its matches. */
export type SecretNote =
  /** Some of the file was not examined, or not all of what was found is told. */
  | { type: 'incomplete'; path: string; detail: string }
  /** It looks like a secret and is known to everybody. */
  | { type: 'set-aside'; kind: string; path: string; line: number; reason: string };

export type SecretExaminer = {
  examine(file: ExaminedFile): SecretMatch[];
  /** Text that is no file: a variable, a label, a command. */
  examineText(text: string, where: SecretPlace['where'], path: string): SecretMatch[];
  /** Work done so far; tests hold it to the size of what was given. */
  readonly work: { bytes: number; looks: number };
};

export type SecretExaminerOptions = {
  /** At least 16 bytes, the same for all images of an installation: fingerprints are compared. */
  salt: Buffer;
  /** Imported rules, beside the catalog. */
  rules?: readonly UserRule[];
  /** In place of the whole catalog. */
  kinds?: readonly Kind[];
  note?: (note: SecretNote) => void;
  /** Words of others that are looked for in the same pass over each file: in its bytes as they are, and to its end. */
  also?: WordSeeker;
  /** When it is made: tokens that have ended by then are worth less. Where it is not given, none has. */
  now?: Date;
};

/** Nobody reads more of one file. */
const MAX_MATCHES = 1000;
/** Words that are looked at more closely in one file. Each costs one bounded look. */
const MAX_LOOKS = 1_000_000;
const BINARY_LOOK = 8000;

type Kept = Found & {
  kind: Pick<Kind, 'id' | 'title' | 'severity'> & Partial<Pick<Kind, 'certain' | 'ownOnly'>>;
  rank: number;
};

/**
 * An examiner of files, with the catalog's words in tables: make one and use it for all. Not for two threads.
 *
 * Reads each byte once for words; what is around a word is looked at in bounded windows, so the work is linear whatever the
 * content is.
 */
export function createSecretExaminer(options: SecretExaminerOptions): SecretExaminer {
  const { salt, rules = [], kinds = KINDS, note = () => undefined, also } = options;
  const now = options.now?.getTime() ?? null;
  if (salt.length < 16) throw new RangeError('the salt of fingerprints has fewer than 16 bytes');
  const rank = new Map<Kind, number>(kinds.map((kind, at) => [kind, at]));
  const fileKinds = kinds.filter((kind): kind is FileKind => kind.by === 'file');
  const keywordKinds = kinds.filter((kind): kind is KeywordKind => kind.by === 'keyword');
  const indexes = {
    anywhere: indexOf(
      keywordKinds.filter(({ scope }) => scope === 'anywhere'),
      also,
    ),
    text: indexOf(
      keywordKinds.filter(({ scope }) => scope !== 'configuration'),
      also,
    ),
    configuration: indexOf(keywordKinds, also),
  };
  let others: LiteralIndex<number> | null = null;
  const work = { bytes: 0, looks: 0 };

  const gather = (given: Buffer, facts: PathFacts): Kept[] => {
    const { content, binary } = readable(given);
    const found: Kept[] = [];
    for (const kind of fileKinds) {
      if (binary || !kind.wants(facts)) continue;
      for (const each of kind.findAll(content.subarray(0, MAX_FILE_BYTES), facts))
        found.push({ ...each, kind, rank: rank.get(kind) ?? 0 });
    }
    const index = indexes[binary ? 'anywhere' : facts.configuration ? 'configuration' : 'text'];
    work.bytes += content.length;
    let looks = 0;
    let full = false;
    also?.begin();
    if (also && content !== given) {
      others ??= new LiteralIndex(also.words);
      seekWords(others, also, given);
    }
    index.scan(content, (kind, at, word) => {
      if (typeof kind === 'number') {
        if (content === given) also?.mark(kind);
        return true;
      }
      if (full) return true;
      looks++;
      const one = kind.find(content, at, facts, word);
      if (one !== null) found.push({ ...one, kind, rank: rank.get(kind) ?? 0 });
      if (looks < MAX_LOOKS && found.length < 4 * MAX_MATCHES) return true;
      note({
        type: 'incomplete',
        path: facts.path,
        detail: `too many places that may be secrets; the file was read up to byte ${at}`,
      });
      full = true;
      return also !== undefined && content === given;
    });
    work.looks += looks;
    if (!binary)
      for (const [at, rule] of rules.entries())
        for (const each of rule.findAll(content, facts, note))
          found.push({ ...each, kind: rule, rank: kinds.length + at });
    return found;
  };

  const tell = (content: Buffer, facts: PathFacts, where: SecretPlace['where'], name: string): SecretMatch[] => {
    const kept = unlessNested(gather(content, facts));
    const lines = lineCounter(readable(content).content);
    const matches: SecretMatch[] = [];
    for (const one of kept) {
      const { line, column } = lines(one.start);
      const reason = setAside(one, facts);
      if (reason !== null)
        note({ type: 'set-aside', kind: one.kind.id, path: without(name, one.secret), line, reason });
      else if (matches.length === MAX_MATCHES) {
        note({ type: 'incomplete', path: name, detail: `more than ${MAX_MATCHES} secrets in one file` });
        break;
      } else
        matches.push({
          id: one.kind.id,
          title: one.title ?? one.kind.title,
          severity: one.severity ?? one.kind.severity,
          where,
          path: without(name, one.secret),
          line,
          column,
          redacted: redact(one.shown),
          fingerprint: fingerprintOf(salt, one.kind.id, one.secret),
        });
    }
    return matches;
  };

  return {
    work,
    examine(file) {
      const facts = pathFacts(file.path, now);
      if (file.size > file.content.length)
        note({
          type: 'incomplete',
          path: facts.path,
          detail: `${file.content.length} of ${file.size} bytes were examined`,
        });
      return tell(file.content, facts, 'file', facts.path);
    },
    examineText: (text, where, path) => tell(Buffer.from(text), { ...TEXT, path, now }, where, path),
  };
}

/** Names and values of a configuration are its makers' own. */
const TEXT: PathFacts = {
  now: null,
  path: '',
  base: '',
  place: 'own',
  illustration: false,
  keyFile: false,
  configuration: true,
  generated: false,
};

function indexOf(kinds: readonly KeywordKind[], also: WordSeeker | undefined): LiteralIndex<KeywordKind | number> {
  const literals = kinds.flatMap((kind) =>
    kind.keywords.map((text): Literal<KeywordKind> => ({ text, exact: kind.exact, value: kind })),
  );
  return new LiteralIndex<KeywordKind | number>([...literals, ...(also?.words ?? [])]);
}

/** Texts of two bytes for each character, which Windows writes, as texts; what has NULs otherwise is a program or the like. */
function readable(content: Buffer): { content: Buffer; binary: boolean } {
  const mark = content.length >= 2 ? content.readUInt16BE(0) : 0;
  if (mark === 0xfffe) return { content: Buffer.from(content.toString('utf16le', 2)), binary: false };
  if (mark === 0xfeff)
    return {
      content: Buffer.from(
        Buffer.from(content.subarray(2, content.length - (content.length % 2)))
          .swap16()
          .toString('utf16le'),
      ),
      binary: false,
    };
  return { content, binary: content.subarray(0, BINARY_LOOK).includes(0) };
}

/** Of what lies in the same bytes, what the catalog names first: a Slack token is no generic password besides. */
function unlessNested(found: Kept[]): Kept[] {
  const kept: Kept[] = [];
  found.sort((a, b) => a.start - b.start || a.rank - b.rank);
  for (const one of found) {
    // Sorted by their beginnings: what can lie in the same bytes is among the last ones.
    const rivals = kept.slice(-16).filter((each) => each.start < one.end && one.start < each.end);
    if (rivals.some((each) => each.rank <= one.rank)) continue;
    for (const each of rivals) kept.splice(kept.indexOf(each), 1);
    kept.push(one);
  }
  return kept;
}

/** Why it is nobody's secret; null when it may be. */
function setAside(one: Kept, facts: PathFacts): string | null {
  const { certain, ownOnly } = one.kind;
  if (certain === true || facts.place === 'own') return null;
  if (facts.illustration) return 'in documentation, tests or examples of a published package';
  if (ownOnly !== true || (facts.place === 'system' && facts.keyFile)) return null;
  return 'in a program or manual of a published package';
}

/** Lines of ascending offsets, counted once. */
function lineCounter(content: Buffer): (offset: number) => { line: number; column: number } {
  let line = 1;
  let start = 0;
  let seen = 0;
  return (offset) => {
    if (offset < seen) [line, start, seen] = [1, 0, 0];
    for (let at = content.indexOf(10, seen); at >= 0 && at < offset; at = content.indexOf(10, at + 1)) {
      line++;
      start = at + 1;
    }
    seen = offset;
    return { line, column: offset - start + 1 };
  };
}
