/** Writes what changed in a text file as git takes it. */

type Step = { kind: ' ' | '-' | '+'; line: string };

const CONTEXT = 3;
const NO_NEWLINE = '\\ No newline at end of file';
/** Edits beyond this are written as one replacement of the part that differs. */
const MAX_EDITS = 2000;

/**
 * @param path relative to the folder that the patch is applied in
 * @returns the empty string where nothing changed
 * @see git documentation, "git-diff", "Generating patch text with -p"
 */
export function unifiedDiff(path: string, before: string, after: string): string {
  if (before === after) return '';
  const steps = compare(linesOf(before), linesOf(after));
  const head = `diff --git ${quoted('a/', path)} ${quoted('b/', path)}\n--- ${named('a/', path)}\n+++ ${named('b/', path)}\n`;
  return head + hunks(steps).join('');
}

/** Lines with their line feeds, so that a last line without one differs from one with it. */
function linesOf(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

function hunks(steps: readonly Step[]): string[] {
  const made: string[] = [];
  let old = 1;
  let now = 1;
  for (let at = 0; at < steps.length; ) {
    if (steps[at]?.kind === ' ') {
      at += 1;
      old += 1;
      now += 1;
      continue;
    }
    const lead = Math.min(CONTEXT, at);
    let end = at;
    for (let next = at; next < steps.length && next - end <= 2 * CONTEXT; next += 1)
      if (steps[next]?.kind !== ' ') end = next + 1;
    const part = steps.slice(at - lead, Math.min(end + CONTEXT, steps.length));
    made.push(hunk(part, old - lead, now - lead));
    for (const { kind } of steps.slice(at, end)) {
      if (kind !== '+') old += 1;
      if (kind !== '-') now += 1;
    }
    at = end;
  }
  return made;
}

function hunk(steps: readonly Step[], old: number, now: number): string {
  const olds = steps.filter(({ kind }) => kind !== '+').length;
  const news = steps.filter(({ kind }) => kind !== '-').length;
  const body = steps.map(({ kind, line }) =>
    line.endsWith('\n') ? `${kind}${line}` : `${kind}${line}\n${NO_NEWLINE}\n`,
  );
  // An empty side begins before its first line.
  return `@@ -${olds === 0 ? old - 1 : old},${olds} +${news === 0 ? now - 1 : now},${news} @@\n${body.join('')}`;
}

/** Myers' greedy algorithm on what lies between the common beginning and end. @see E. W. Myers, 1986 */
function compare(a: readonly string[], b: readonly string[]): Step[] {
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start += 1;
  let tail = 0;
  while (tail < a.length - start && tail < b.length - start && a[a.length - 1 - tail] === b[b.length - 1 - tail])
    tail += 1;
  const keep = (line: string): Step => ({ kind: ' ', line });
  return [
    ...a.slice(0, start).map(keep),
    ...middle(a.slice(start, a.length - tail), b.slice(start, b.length - tail)),
    ...a.slice(a.length - tail).map(keep),
  ];
}

/** Furthest places by diagonal, of which the one in the middle of the list is diagonal 0. */
type Reach = { at: Int32Array; middle: number };

const reachAt = ({ at, middle: zero }: Reach, diagonal: number): number => at[zero + diagonal] ?? -1;

function middle(a: readonly string[], b: readonly string[]): Step[] {
  const most = Math.min(a.length + b.length, MAX_EDITS);
  const trace: Reach[] = [];
  const reach: Reach = { at: new Int32Array(2 * most + 3).fill(-1), middle: most + 1 };
  reach.at[reach.middle + 1] = 0;
  for (let edits = 0; edits <= most; edits += 1) {
    trace.push({ at: reach.at.slice(reach.middle - edits - 1, reach.middle + edits + 2), middle: edits + 1 });
    for (let diagonal = -edits; diagonal <= edits; diagonal += 2) {
      let x = goesDown(reach, diagonal, edits) ? reachAt(reach, diagonal + 1) : reachAt(reach, diagonal - 1) + 1;
      while (x < a.length && x - diagonal < b.length && a[x] === b[x - diagonal]) x += 1;
      reach.at[reach.middle + diagonal] = x;
      if (x >= a.length && x - diagonal >= b.length) return walkBack(a, b, trace);
    }
  }
  return [...a.map((line): Step => ({ kind: '-', line })), ...b.map((line): Step => ({ kind: '+', line }))];
}

function goesDown(reach: Reach, diagonal: number, edits: number): boolean {
  if (diagonal === -edits) return true;
  return diagonal !== edits && reachAt(reach, diagonal - 1) < reachAt(reach, diagonal + 1);
}

function walkBack(a: readonly string[], b: readonly string[], trace: readonly Reach[]): Step[] {
  const steps: Step[] = [];
  let x = a.length;
  let y = b.length;
  for (let edits = trace.length - 1; edits >= 0; edits -= 1) {
    const reach = trace[edits];
    if (!reach) break;
    const diagonal = x - y;
    const from = goesDown(reach, diagonal, edits) ? diagonal + 1 : diagonal - 1;
    const fromX = reachAt(reach, from);
    const fromY = fromX - from;
    while (x > fromX && y > fromY && x > 0 && y > 0) steps.push({ kind: ' ', line: a[(y--, --x)] ?? '' });
    if (edits === 0) break;
    if (x === fromX) steps.push({ kind: '+', line: b[--y] ?? '' });
    else steps.push({ kind: '-', line: a[--x] ?? '' });
  }
  return steps.reverse();
}

/** git's own quoting of names with control characters, quotes or bytes beyond ASCII. @see git-config, core.quotePath */
function quoted(prefix: string, path: string): string {
  if (/^[ !#-[\]-~]*$/.test(path)) return `${prefix}${path}`;
  const bytes = [...Buffer.from(path, 'utf8')].map((byte) =>
    byte === 0x22 || byte === 0x5c
      ? `\\${String.fromCharCode(byte)}`
      : byte < 0x20 || byte > 0x7e
        ? `\\${byte.toString(8).padStart(3, '0')}`
        : String.fromCharCode(byte),
  );
  return `"${prefix}${bytes.join('')}"`;
}

/** A name with spaces ends with a tab, so that nothing behind it is taken for a date. */
function named(prefix: string, path: string): string {
  const name = quoted(prefix, path);
  return name.startsWith('"') || !path.includes(' ') ? name : `${name}\t`;
}
