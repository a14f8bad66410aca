/** grep, sed and awk. */
import { inMemory } from '../files/content.ts';
import type { Call, Step } from '../script/shell.ts';
import { NotCovered } from '../script/syntax.ts';
import { readArguments } from './arguments.ts';
import { has } from './files.ts';
import { toRegExp } from './regex.ts';
import { runSed } from './sed.ts';
import { inputs, joined, linesOf } from './text.ts';

const step = (run: Step['run']): Step => ({ step: 'text', run });

export const searchSteps: Record<string, Step> = {
  grep: step((call) => grep(call, 'basic')),
  egrep: step((call) => grep(call, 'extended')),
  fgrep: step((call) => grep(call, 'fixed')),
  sed: step(sed),
  awk: step(awk),
  gawk: step(awk),
  mawk: step(awk),
};

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

/** Programs that Debian's Python packages have in their scripts: where the byte code of each of their files lies. */
const IDIOMS: Record<string, (line: string) => string | null> = {
  '/Maximum length/ {print int($NF / 4)}': (line) =>
    /Maximum length/.test(line) ? String(Math.floor(Number(line.trim().split(/\s+/).at(-1)) / 4)) : null,
  'BEGIN {OFS="/"} /\\.py$/ {$NF=sprintf("__pycache__/%s.*.py[co]", substr($NF,1,length($NF)-3)); print}': (line) =>
    line.endsWith('.py') ? line.replace(/([^/]*)\.py$/, '__pycache__/$1.*.py[co]') : null,
};

/** awk programs of the form `{print $N}`, with a separator and a pattern; the rest of the language is not spoken here. */
function awk(call: Call): number {
  const { options, operands } = readArguments('awk', call.args, [], ['F', 'v']);
  const [program = '', ...files] = operands;
  const idiom = IDIOMS[program];
  if (idiom) {
    for (const line of linesOf(joined(call, files) ?? '')) {
      const made = idiom(line);
      if (made !== null) call.shell.out(`${made}\n`);
    }
    return 0;
  }
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
