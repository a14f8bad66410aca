/** Commands that read and filter text. */
import { createHash } from 'node:crypto';
import { inMemory } from '../files/content.ts';
import type { Call, Step } from '../script/shell.ts';
import { NotCovered } from '../script/syntax.ts';
import { readArguments } from './arguments.ts';
import { has } from './files.ts';

const step = (run: Step['run']): Step => ({ step: 'text', run });

/** The text of each operand, standard input for `-` or none; null for a file that is not there. */
export function inputs({ shell, world }: Call, operands: string[]): { name: string; text: string | null }[] {
  if (operands.length === 0) return [{ name: '-', text: shell.input() }];
  return operands.map((name) => ({
    name,
    text: name === '-' ? shell.input() : name === '/dev/null' ? '' : world.tree.readText(shell.path(name)),
  }));
}

export const joined = (call: Call, operands: string[]): string | null => {
  const texts = inputs(call, operands).map((input) => input.text);
  return texts.includes(null) ? null : texts.join('');
};

/** A filter from lines to lines; status 1 where a file is missing. */
const filter = (
  flags: string[],
  valued: string[],
  act: (lines: string[], options: Map<string, string>) => string[],
): Step =>
  step((call) => {
    // `head -1` is an old way to write `head -n 1`.
    const args = call.args.map((arg) => (valued.includes('n') ? arg.replace(/^-(\d+)$/, '-n$1') : arg));
    const { options, operands } = readArguments(call.name, args, flags, valued);
    const text = joined(call, operands);
    if (text === null) return 1;
    call.shell.out(
      act(linesOf(text), options)
        .map((line) => `${line}\n`)
        .join(''),
    );
    return 0;
  });

export const textSteps: Record<string, Step> = {
  cat: step((call) => {
    const { operands } = readArguments('cat', call.args, ['u']);
    let status = 0;
    for (const { text } of inputs(call, operands)) {
      if (text === null) status = 1;
      else call.shell.out(text);
    }
    return status;
  }),
  tee: step((call) => {
    const { options, operands } = readArguments('tee', call.args, ['a', 'append']);
    const text = call.shell.input();
    for (const operand of operands) {
      const before = has(options, 'a', 'append') ? (call.world.tree.readText(call.shell.path(operand)) ?? '') : '';
      if (operand !== '/dev/null') call.world.tree.write(call.shell.path(operand), inMemory(before + text));
    }
    call.shell.out(text);
    return 0;
  }),
  head: filter(['q'], ['n', 'c', 'lines'], (lines, options) => {
    if (options.has('c')) throw new NotCovered('head -c');
    return lines.slice(0, Number(options.get('n') ?? options.get('lines') ?? 10));
  }),
  tail: filter(['q'], ['n', 'lines'], (lines, options) => {
    const count = options.get('n') ?? options.get('lines') ?? '10';
    return count.startsWith('+') ? lines.slice(Number(count) - 1) : lines.slice(-Number(count));
  }),
  sort: filter(['u', 'r', 'n', 'g', 'unique', 'reverse', 'V'], [], (lines, options) => {
    if (has(options, 'V')) throw new NotCovered('sort -V');
    const sorted = [...lines].sort(
      (a, b) =>
        (has(options, 'n', 'g') ? Number.parseFloat(a) - Number.parseFloat(b) : 0) || (a < b ? -1 : a > b ? 1 : 0),
    );
    if (has(options, 'r', 'reverse')) sorted.reverse();
    return has(options, 'u', 'unique') ? sorted.filter((line, index) => line !== sorted[index - 1]) : sorted;
  }),
  uniq: filter(['c', 'd'], [], (lines, options) => {
    const runs: { line: string; count: number }[] = [];
    for (const line of lines) {
      const last = runs.at(-1);
      if (last?.line === line) last.count++;
      else runs.push({ line, count: 1 });
    }
    const kept = has(options, 'd') ? runs.filter((run) => run.count > 1) : runs;
    return kept.map(({ line, count }) => (has(options, 'c') ? `${String(count).padStart(7)} ${line}` : line));
  }),
  tac: filter([], [], (lines) => [...lines].reverse()),
  cut: filter(['s'], ['d', 'f', 'c', 'b', 'delimiter', 'fields'], (lines, options) => {
    const ranges = (options.get('f') ?? options.get('fields') ?? options.get('c') ?? options.get('b') ?? '')
      .split(',')
      .map((range) => {
        const [from = '', to] = range.split('-');
        return [Number(from || 1), to === undefined ? Number(from) : Number(to || 1e9)] as const;
      });
    const wanted = (index: number) => ranges.some(([from, to]) => index + 1 >= from && index + 1 <= to);
    const delimiter = options.get('d') ?? options.get('delimiter') ?? '\t';
    return lines.map((line) => {
      if (options.has('c') || options.has('b'))
        return Array.from(line)
          .filter((_, index) => wanted(index))
          .join('');
      return line.includes(delimiter)
        ? line
            .split(delimiter)
            .filter((_, index) => wanted(index))
            .join(delimiter)
        : line;
    });
  }),
  tr: step(translate),
  wc: step((call) => {
    const { options, operands } = readArguments('wc', call.args, ['l', 'c', 'w']);
    const text = joined(call, operands);
    if (text === null) return 1;
    const count = has(options, 'l')
      ? text.split('\n').length - 1
      : has(options, 'c')
        ? text.length
        : text.split(/\s+/).filter(Boolean).length;
    call.shell.out(`${count}${operands[0] ? ` ${operands[0]}` : ''}\n`);
    return 0;
  }),
  md5sum: step((call) => checksum(call, 'md5')),
  sha1sum: step((call) => checksum(call, 'sha1')),
  sha256sum: step((call) => checksum(call, 'sha256')),
  sha512sum: step((call) => checksum(call, 'sha512')),
  cmp: step((call) => compare(call)),
  diff: step((call) => {
    const { operands } = readArguments('diff', call.args, ['q', 'w', 'B', 'b', 'brief', 'N', 's']);
    return compare({ ...call, args: operands });
  }),
};

export function linesOf(text: string): string[] {
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

function translate({ args, shell }: Call): number {
  const { options, operands } = readArguments('tr', args, ['d', 's', 'c', 'C']);
  const from = expandSet(operands[0] ?? '');
  const to = expandSet(operands[1] ?? '');
  const inFrom = (char: string) => from.includes(char) !== has(options, 'c', 'C');
  let previous = '';
  let result = '';
  for (const char of shell.input()) {
    if (has(options, 'd') && inFrom(char)) continue;
    let mapped = char;
    if (!has(options, 'd') && operands.length > 1 && inFrom(char)) {
      mapped = has(options, 'c', 'C') ? to.slice(-1) : to.charAt(from.indexOf(char)) || to.slice(-1);
    }
    const squeezes = has(options, 's') && (operands.length > 1 ? to.includes(mapped) : inFrom(mapped));
    if (!(squeezes && mapped === previous)) result += mapped;
    previous = mapped;
  }
  shell.out(result);
  return 0;
}

function expandSet(set: string): string {
  const named = set
    .replaceAll('[:upper:]', 'A-Z')
    .replaceAll('[:lower:]', 'a-z')
    .replaceAll('[:digit:]', '0-9')
    .replaceAll('[:space:]', ' \t\n\r\f\v')
    .replaceAll('[:alnum:]', 'A-Za-z0-9')
    .replace(/\\n/g, '\n')
    .replace(/\\t/g, '\t')
    .replace(/\\0(00)?/g, '\0')
    .replace(/\\\\/g, '\\');
  if (/\[:/.test(named)) throw new NotCovered(`tr ${set}`);
  return named.replace(/(.)-(.)/gs, (_, a: string, b: string) => {
    let range = '';
    for (let code = a.charCodeAt(0); code <= b.charCodeAt(0); code++) range += String.fromCharCode(code);
    return range;
  });
}

function checksum(call: Call, algorithm: string): number {
  const { options, operands } = readArguments(call.name, call.args, ['b', 't', 'c', 'check', 'status', 'quiet']);
  if (has(options, 'c', 'check')) throw new NotCovered(`${call.name} ${call.args.join(' ')}`);
  let status = 0;
  for (const { name, text } of inputs(call, operands)) {
    if (text === null) status = 1;
    else call.shell.out(`${createHash(algorithm).update(Buffer.from(text, 'latin1')).digest('hex')}  ${name}\n`);
  }
  return status;
}

function compare(call: Call): number {
  const { operands } = readArguments('cmp', call.args, ['s', 'q', 'quiet', 'silent']);
  const [a, b] = inputs(call, operands.slice(0, 2)).map((input) => input.text);
  if (a === null || b === null || a === undefined || b === undefined) return 2;
  return a === b ? 0 : 1;
}
