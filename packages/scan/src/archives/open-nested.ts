/** Opens archives in archives, for whatever examines contents: within limits, and naming what it could not open. */
import type { Unexamined } from '@pratique/contract';
import { printable } from '../printable.ts';
import type { ZipEntry } from '../zip/directory.ts';
import { isZipProblem, openZip, type ZipArchive, type ZipBudget } from '../zip/zip-archive.ts';
import { type ArchiveForm, archiveForm, isClosed, isCompression } from './archive-form.ts';
import { NESTED_LIMITS, type NestedLimits } from './limits.ts';
import { arMembers, cpioMembers, type Member, tarMembers } from './members.ts';
import { unpack } from './unpack.ts';

export type NestedItem =
  /**
   * `path` names the archives on the way: `app.tar.gz!/app.tar!/lib/x.jar!/a.sh`. The content is cut off at a limit, and
   * valid until the next item is asked for: large memory is given back at once.
   */
  | { kind: 'member'; path: string; mode: number; content: Buffer; depth: number }
  | { kind: 'unexamined'; what: Unexamined };

type Job = { path: string; bytes: Buffer; depth: number; compressed: boolean };
type Budget = { members: number; bytes: number };

/**
 * Every file in the archives in a content, the archives inside among them, outer ones first; nothing for what is no
 * archive. Damage, passwords, limits and unknown methods are items too. Throws nothing.
 */
export async function* openNested(
  content: Buffer,
  path: string,
  given: Partial<NestedLimits> = {},
): AsyncGenerator<NestedItem> {
  const limits = { ...NESTED_LIMITS, ...given };
  const budget: Budget = {
    members: limits.members,
    bytes: Math.min(limits.bytes, Math.max(limits.ratioFloor, content.length * limits.ratio)),
  };
  yield* open({ path, bytes: content, depth: 0, compressed: false }, limits, budget);
}

/** Goes into each archive at once, so that no more contents are held than lie around one another. */
async function* open(job: Job, limits: NestedLimits, budget: Budget): AsyncGenerator<NestedItem> {
  const form = archiveForm(job.bytes);
  if (form === null) return;
  if (isClosed(form))
    return void (yield unexamined(job.path, 'unsupported', `archives of the form ${form} are not opened`));
  const compressed = isCompression(form);
  // A compressed archive counts once; a stream compressed over and over counts each time.
  const depth = compressed && !job.compressed ? job.depth : job.depth + 1;
  if (depth > limits.depth)
    return void (yield unexamined(job.path, 'limit', `it lies more than ${limits.depth} archives deep`));
  for await (const item of openOne(form, job, limits, budget)) {
    if (item.kind === 'unexamined') {
      yield item;
      continue;
    }
    yield { ...item, depth };
    yield* open({ path: item.path, bytes: item.content, depth, compressed }, limits, budget);
    release(item.content, job.bytes);
  }
}

/** Below this it costs less to leave it to the collector, and buffers may lie in memory that others share. */
const RELEASE_BYTES = 1024 * 1024;

/** The collector would let a hundred megabytes pile up before it looks. */
function release({ buffer, byteOffset }: Buffer, archive: Buffer): void {
  if (buffer === archive.buffer || byteOffset !== 0 || buffer.byteLength < RELEASE_BYTES) return;
  if (buffer instanceof ArrayBuffer) buffer.transfer(0);
}

async function* openOne(form: ArchiveForm, job: Job, limits: NestedLimits, budget: Budget): AsyncGenerator<NestedItem> {
  if (form === 'zip') yield* openZipMembers(job, limits, budget);
  else if (form === 'tar' || form === 'ar' || form === 'cpio') yield* listMembers(form, job, limits, budget);
  else {
    if (budget.members <= 0 || budget.bytes <= 0) return void (yield spent(job.path));
    budget.members -= 1;
    const { content, problem } = await unpack(form, job.bytes, Math.max(1, Math.min(limits.memberBytes, budget.bytes)));
    budget.bytes -= content.length;
    const name = `${job.path}!/${nameInside(job.path)}`;
    if (problem) yield unexamined(name, content.length > 0 ? 'partial' : problem.kind, problem.detail);
    if (content.length > 0) yield { kind: 'member', path: name, mode: 0o644, content, depth: 0 };
  }
}

const LISTS = { tar: tarMembers, ar: arMembers, cpio: cpioMembers };

/** Contents are parts of the archive and do not overlap: they cost nothing more. */
function* listMembers(
  form: 'tar' | 'ar' | 'cpio',
  job: Job,
  limits: NestedLimits,
  budget: Budget,
): Generator<NestedItem> {
  const { members, problem } = LISTS[form](job.bytes, budget.members);
  budget.members -= members.length;
  for (const member of members) yield memberItem(job.path, member, limits);
  if (problem) yield unexamined(job.path, problem.kind, problem.detail);
}

async function* openZipMembers(job: Job, limits: NestedLimits, budget: Budget): AsyncGenerator<NestedItem> {
  // What is spent between two members, on archives inside them, counts here too.
  const shared: ZipBudget = {
    get entries() {
      return budget.members;
    },
    set entries(left) {
      budget.members = left;
    },
    get bytes() {
      return budget.bytes;
    },
    set bytes(left) {
      budget.bytes = left;
    },
  };
  const archive = openZip(job.bytes, shared);
  for (const { kind, detail } of archive.problems) yield unexamined(job.path, kind, detail);
  for (const entry of archive.entries) {
    if (entry.name.endsWith('/') && entry.size === 0) continue;
    if (budget.bytes <= 0) return void (yield spent(job.path));
    const path = `${job.path}!/${printable(entry.name, limits.nameLength)}`;
    const { content, problem } = await readEntry(archive, entry, limits, budget);
    if (problem) yield unexamined(path, problem.kind, problem.detail);
    if (content.length > 0) yield { kind: 'member', path, mode: 0o644, content, depth: 0 };
  }
}

type Entry = { content: Buffer; problem: { kind: Unexamined['kind']; detail: string } | null };

async function readEntry(archive: ZipArchive, entry: ZipEntry, limits: NestedLimits, budget: Budget): Promise<Entry> {
  const nothing = Buffer.alloc(0);
  if (entry.encrypted) return { content: nothing, problem: { kind: 'encrypted', detail: 'it is encrypted' } };
  const form = METHODS[entry.method];
  const read = archive.read(form ? { ...entry, method: 0, size: entry.compressed } : entry, limits.memberBytes);
  if (isZipProblem(read)) {
    const known = entry.method === 0 || entry.method === 8 || form !== undefined;
    return { content: nothing, problem: { kind: known ? read.kind : 'unsupported', detail: read.detail } };
  }
  if (!form) {
    // Stored bytes are free to expand and not free to examine: entries may overlap.
    if (entry.method === 0) budget.bytes -= read.length;
    return { content: read, problem: null };
  }
  const unpacked = await unpack(form, read, Math.max(1, Math.min(limits.memberBytes, budget.bytes)));
  budget.bytes -= unpacked.content.length;
  return unpacked;
}

/** Methods beyond stored and deflated. @see APPNOTE.TXT 6.3.10, section 4.4.5 */
const METHODS: Readonly<Record<number, 'bzip2' | 'zstd' | 'xz'>> = { 12: 'bzip2', 93: 'zstd', 95: 'xz' };

function memberItem(archive: string, { name, mode, content }: Member, limits: NestedLimits): NestedItem {
  return { kind: 'member', path: `${archive}!/${printable(name, limits.nameLength)}`, mode, content, depth: 0 };
}

function unexamined(path: string, kind: Unexamined['kind'], detail: string): NestedItem {
  return { kind: 'unexamined', what: { path: path.slice(0, 4096), kind, detail } };
}

function spent(path: string): NestedItem {
  return unexamined(path, 'limit', 'the archives in this file have more members, or expand to more, than is examined');
}

/** `x.tar` of `a/x.tar.gz` and of `a/x.tgz`; `content` where the name says nothing. */
function nameInside(path: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const short = name.replace(/\.t(gz|bz2?|xz|zst)$/i, '.tar').replace(/\.(gz|bz2|xz|zst|z)$/i, '');
  return short === name || short === '' ? 'content' : short;
}
