/** Commands that read and filter text. */
import { createHash } from 'node:crypto';
import { inMemory } from '../files/content.ts';
import { readGroups, readUsers } from '../install/accounts.ts';
import { absolute } from '../script/glob.ts';
import type { Call, Step } from '../script/shell.ts';
import { NotCovered } from '../script/syntax.ts';
import { readArguments } from './arguments.ts';
import { has } from './files.ts';
import { toRegExp } from './regex.ts';
import { runSed } from './sed.ts';

const step = (run: Step['run']): Step => ({ step: 'text', run });

/** The text of each operand, standard input for `-` or none; null for a file that is not there. */
function inputs({ shell, world }: Call, operands: string[]): { name: string; text: string | null }[] {
  if (operands.length === 0) return [{ name: '-', text: shell.input() }];
  return operands.map((name) => ({
    name,
    text: name === '-' ? shell.input() : name === '/dev/null' ? '' : world.tree.readText(shell.path(name)),
  }));
}

const joined = (call: Call, operands: string[]): string | null => {
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
    const { options, operands } = readArguments(call.name, call.args, flags, valued);
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
  grep: step((call) => grep(call, 'basic')),
  egrep: step((call) => grep(call, 'extended')),
  fgrep: step((call) => grep(call, 'fixed')),
  sed: step(sed),
  awk: step(awk),
  gawk: step(awk),
  mawk: step(awk),
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
      if (options.has('c') || options.has('b')) return [...line].filter((_, index) => wanted(index)).join('');
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
  basename: step(({ args, shell }) => {
    const [path = '', suffix = ''] = args.filter((arg) => arg !== '--');
    const name = path.replace(/\/+$/, '').split('/').at(-1) ?? '';
    shell.out(`${suffix && name !== suffix && name.endsWith(suffix) ? name.slice(0, -suffix.length) : name}\n`);
    return 0;
  }),
  dirname: step(({ args, shell }) => {
    const path = (args.find((arg) => !arg.startsWith('--')) ?? '').replace(/\/+$/, '');
    shell.out(`${path.includes('/') ? path.slice(0, path.lastIndexOf('/')) || '/' : '.'}\n`);
    return 0;
  }),
  readlink: step(readlink),
  realpath: step(({ args, shell, world, name }) => {
    const { options, operands } = readArguments(name, args, ['m', 's', 'e', 'q', 'z']);
    const path = shell.path(operands[0] ?? '');
    if (has(options, 's')) shell.out(`${cleaned(path)}\n`);
    else {
      const place = world.tree.place(path);
      if (!place || (has(options, 'e') && !place.node)) return 1;
      shell.out(`${place.path}\n`);
    }
    return 0;
  }),
  'dpkg-realpath': step(({ args, shell, world }) => {
    const { operands } = readArguments('dpkg-realpath', args, ['z', 'zero'], ['root', 'admindir', 'instdir']);
    const place = world.tree.place(shell.path(operands[0] ?? ''));
    shell.out(`${place?.path ?? operands[0] ?? ''}\n`);
    return place ? 0 : 1;
  }),
  stat: step(({ args, shell, world }) => {
    const { options, operands } = readArguments('stat', args, ['L'], ['c', 'format', 'printf']);
    const format = options.get('c') ?? options.get('format');
    const node = has(options, 'L')
      ? world.tree.find(shell.path(operands[0] ?? ''))
      : world.tree.lfind(shell.path(operands[0] ?? ''));
    if (format === undefined) throw new NotCovered(`stat ${args.join(' ')}`);
    if (!node) return 1;
    const owner = readUsers(world).find((user) => user.uid === node.uid)?.name ?? 'UNKNOWN';
    const group = readGroups(world).find((entry) => entry.gid === node.gid)?.name ?? 'UNKNOWN';
    const parts: Record<string, string> = {
      U: owner,
      G: group,
      a: node.mode.toString(8),
      u: String(node.uid),
      g: String(node.gid),
      s: node.kind === 'file' ? String(node.content.size) : '4096',
      Y: String(node.mtime),
    };
    shell.out(
      `${format.replace(/%(.)/g, (_, letter: string) => {
        const text = parts[letter];
        if (text === undefined) throw new NotCovered(`stat -c ${format}`);
        return text;
      })}\n`,
    );
    return 0;
  }),
  ls: step(({ args, shell, world }) => {
    const { options, operands } = readArguments('ls', args, ['1', 'A', 'd', 'a', 'L']);
    let status = 0;
    for (const operand of operands.length > 0 ? operands : ['.']) {
      const node = world.tree.find(absolute(operand, shell.directory));
      if (!node) status = 2;
      else if (node.kind !== 'directory' || has(options, 'd')) shell.out(`${operand}\n`);
      else
        for (const name of [...node.entries.keys()].sort())
          if (!name.startsWith('.') || has(options, 'A', 'a')) shell.out(`${name}\n`);
    }
    return status;
  }),
  cmp: step((call) => compare(call)),
  diff: step((call) => {
    const { operands } = readArguments('diff', call.args, ['q', 'w', 'B', 'b', 'brief', 'N', 's']);
    return compare({ ...call, args: operands });
  }),
};

function linesOf(text: string): string[] {
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

function grep(call: Call, kind: 'basic' | 'extended' | 'fixed'): number {
  const { options, operands } = readArguments(
    'grep',
    call.args,
    [
      'q',
      'E',
      'F',
      'x',
      'v',
      'i',
      's',
      'c',
      'o',
      'w',
      'l',
      'h',
      'G',
      'n',
      'L',
      'r',
      'quiet',
      'silent',
      'no-messages',
      'ignore-case',
      'invert-match',
      'line-regexp',
      'extended-regexp',
      'fixed-strings',
      'only-matching',
    ],
    ['e', 'regexp', 'm', 'max-count'],
  );
  if (has(options, 'r', 'n', 'L')) throw new NotCovered(`grep ${call.args.join(' ')}`);
  const pattern = options.get('e') ?? options.get('regexp') ?? operands.shift() ?? '';
  const fixed = kind === 'fixed' || has(options, 'F', 'fixed-strings');
  const extended = kind === 'extended' || has(options, 'E', 'extended-regexp');
  const sources = pattern
    .split('\n')
    .map((one) => (fixed ? one.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&') : toRegExp(one, extended, '').source));
  let source = sources.map((one) => `(?:${one})`).join('|');
  if (has(options, 'w')) source = `\\b(?:${source})\\b`;
  if (has(options, 'x', 'line-regexp')) source = `^(?:${source})$`;
  const regex = new RegExp(source, has(options, 'i', 'ignore-case') ? 'gi' : 'g');
  const quiet = has(options, 'q', 'quiet', 'silent');
  let total = 0;
  let missing = false;
  for (const { name, text } of inputs(call, operands)) {
    if (text === null) {
      missing = true;
      continue;
    }
    let count = 0;
    for (const line of linesOf(text)) {
      regex.lastIndex = 0;
      if (regex.test(line) === has(options, 'v', 'invert-match')) continue;
      count++;
      if (quiet || has(options, 'c', 'l')) continue;
      const prefix = operands.length > 1 && !has(options, 'h') ? `${name}:` : '';
      if (has(options, 'o', 'only-matching'))
        for (const match of line.match(regex) ?? []) call.shell.out(`${prefix}${match}\n`);
      else call.shell.out(`${prefix}${line}\n`);
      const most = options.get('m') ?? options.get('max-count');
      if (most !== undefined && count >= Number(most)) break;
    }
    if (has(options, 'c')) call.shell.out(`${count}\n`);
    if (has(options, 'l') && count > 0) call.shell.out(`${name}\n`);
    total += count;
  }
  return total > 0 ? 0 : missing ? 2 : 1;
}

function sed(call: Call): number {
  const scripts: string[] = [];
  const rest: string[] = [];
  let inPlace = false;
  for (let at = 0; at < call.args.length; at++) {
    const arg = call.args[at] ?? '';
    if (arg === '-e' || arg === '--expression') scripts.push(call.args[++at] ?? '');
    else if (arg.startsWith('-e') && arg.length > 2) scripts.push(arg.slice(2));
    else if (/^-[nErsu]+e$/.test(arg)) {
      rest.push(arg.slice(0, -1));
      scripts.push(call.args[++at] ?? '');
    } else if (arg.startsWith('-i') || arg === '--in-place') {
      if (arg.length > 2 && arg !== '--in-place' && !/^-i[Ee]?$/.test(arg))
        throw new NotCovered(`sed ${call.args.join(' ')}`);
      inPlace = true;
      if (/^-i[Ee]$/.test(arg) && arg !== '-ie') rest.push('-E');
    } else rest.push(arg);
  }
  const { options, operands } = readArguments('sed', rest, [
    'n',
    'E',
    'r',
    's',
    'u',
    'quiet',
    'silent',
    'regexp-extended',
    'follow-symlinks',
  ]);
  if (scripts.length === 0) scripts.push(operands.shift() ?? '');
  const run = (text: string) =>
    runSed(scripts.join('\n'), text, has(options, 'n', 'quiet', 'silent'), has(options, 'E', 'r', 'regexp-extended'));
  if (!inPlace) {
    const text = joined(call, operands);
    if (text === null) return 2;
    call.shell.out(run(text));
    return 0;
  }
  for (const operand of operands) {
    const text = call.world.tree.readText(call.shell.path(operand));
    if (text === null) return 2;
    const changed = run(text);
    if (changed !== text) call.world.tree.write(call.shell.path(operand), inMemory(changed));
  }
  return 0;
}

/** awk programs of the form `{print $N}`, with a separator and a pattern; the rest of the language is not spoken here. */
function awk(call: Call): number {
  const { options, operands } = readArguments('awk', call.args, [], ['F', 'v']);
  const [program = '', ...files] = operands;
  const match = /^\s*(?:\/((?:[^/\\]|\\.)*)\/\s*)?(?:\{\s*print(?:\s+\$(\d+|NF))?\s*;?\s*\})?\s*$/.exec(program);
  if (!match || options.has('v')) throw new NotCovered(`awk ${call.args.join(' ').slice(0, 200)}`);
  const text = joined(call, files);
  if (text === null) return 2;
  const regex = match[1] === undefined ? null : toRegExp(match[1], true, '');
  const separator = options.get('F');
  for (const line of linesOf(text)) {
    if (regex && !regex.test(line)) continue;
    const fields =
      separator === undefined || separator === ' '
        ? line.trim().split(/\s+/)
        : line.split(separator.length === 1 ? separator : toRegExp(separator, true, ''));
    const wanted =
      match[2] === undefined || match[2] === '0'
        ? line
        : (fields[match[2] === 'NF' ? fields.length - 1 : Number(match[2]) - 1] ?? '');
    call.shell.out(`${wanted}\n`);
  }
  return 0;
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

function readlink({ args, shell, world }: Call): number {
  const { options, operands } = readArguments('readlink', args, ['f', 'e', 'm', 'n', 'q', 's', 'v']);
  const path = shell.path(operands[0] ?? '');
  const end = has(options, 'n') ? '' : '\n';
  if (has(options, 'f', 'e', 'm')) {
    const place = world.tree.place(path);
    if (!place || (has(options, 'e') && !place.node)) return 1;
    shell.out(place.path + end);
    return 0;
  }
  const node = world.tree.lfind(path);
  if (node?.kind !== 'symlink') return 1;
  shell.out(node.target + end);
  return 0;
}

function compare(call: Call): number {
  const { operands } = readArguments('cmp', call.args, ['s', 'q', 'quiet', 'silent']);
  const [a, b] = inputs(call, operands.slice(0, 2)).map((input) => input.text);
  if (a === null || b === null || a === undefined || b === undefined) return 2;
  return a === b ? 0 : 1;
}

function cleaned(path: string): string {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return `/${parts.join('/')}`;
}
