/** Commands that are part of the shell itself. */
import type { Call } from './shell.ts';
import { NotCovered } from './syntax.ts';
import { evaluateTest } from './test-command.ts';

type Builtin = (call: Call) => number;

const listed: Record<string, Builtin> = {
  ':': () => 0,
  true: () => 0,
  false: () => 1,
  exit: ({ args, shell }) => shell.jump('exit', Number(args[0] ?? shell.get('?'))),
  return: ({ args, shell }) => shell.jump('return', Number(args[0] ?? shell.get('?'))),
  break: ({ args, shell }) => shell.jump('break', Number(args[0] ?? 1)),
  continue: ({ args, shell }) => shell.jump('continue', Number(args[0] ?? 1)),
  test: ({ args, shell }) => evaluateTest(shell, args),
  '[': ({ args, shell }) => evaluateTest(shell, args.slice(0, -1)),
  echo,
  printf,
  set: setOptions,
  shift: ({ args, shell }) => {
    shell.positional = shell.positional.slice(Number(args[0] ?? 1));
    return 0;
  },
  export: assign,
  readonly: assign,
  local: (call) => {
    for (const word of call.args) call.shell.local(word.split('=')[0] ?? '');
    return assign(call);
  },
  unset: ({ args, shell }) => {
    for (const name of args) shell.variables.delete(name);
    return 0;
  },
  read: readLine,
  getopts: getOption,
  cd: ({ args, shell, world }) => {
    const place = world.tree.place(shell.path(args.find((arg) => !arg.startsWith('-')) ?? '/root'));
    if (place?.node?.kind !== 'directory') return 1;
    shell.directory = place.path;
    return 0;
  },
  pwd: ({ shell }) => {
    shell.out(`${shell.directory}\n`);
    return 0;
  },
  umask: ({ args, shell }) => {
    if (args[0] === undefined) shell.out(`${shell.umask.toString(8).padStart(4, '0')}\n`);
    else shell.umask = Number.parseInt(args[0], 8) || 0;
    return 0;
  },
  // Traps clean up temporary files when a signal comes; none comes here.
  trap: () => 0,
  wait: () => 0,
  hash: () => 0,
  eval: ({ args, shell }) => shell.source(args.join(' ')),
  exec: ({ args, shell }) => shell.jump('exit', shell.invoke(args[0] ?? ':', args.slice(1))),
  command: ({ args, shell }) => {
    const [option, name] = args;
    if (option === '-v' || option === '-V') return locate(shell, name ?? '');
    const rest = option === '-p' ? args.slice(1) : args;
    return shell.invoke(rest[0] ?? ':', rest.slice(1));
  },
  type: ({ args, shell }) => locate(shell, args[0] ?? ''),
  which: ({ args, shell }) => locate(shell, args.find((arg) => !arg.startsWith('-')) ?? ''),
  '.': ({ args, shell, world }) => {
    const path = args[0] ?? '';
    // The protocol of debconf is spoken by built-in steps; its library only connects to the front end.
    if (path.endsWith('/debconf/confmodule')) return 0;
    const text = world.tree.readText(shell.path(path));
    if (text === null) throw new NotCovered(`. ${path}, which is not there`);
    return shell.source(text);
  },
};

export const builtins: ReadonlyMap<string, Builtin> = new Map(Object.entries(listed));

function locate(shell: Call['shell'], name: string): number {
  if (builtins.has(name) && name !== 'which') {
    shell.out(`${name}\n`);
    return 0;
  }
  if (shell.functions.has(name)) {
    shell.out(`${name}\n`);
    return 0;
  }
  const path = shell.which(name);
  if (path) shell.out(`${path}\n`);
  return path ? 0 : 1;
}

function assign({ args, shell }: Call): number {
  for (const word of args) {
    const equals = word.indexOf('=');
    if (equals > 0) shell.set(word.slice(0, equals), word.slice(equals + 1));
  }
  return 0;
}

function setOptions({ args, shell }: Call): number {
  for (const [index, word] of args.entries()) {
    if (word === '--' || !/^[-+]/.test(word)) {
      shell.positional = args.slice(word === '--' ? index + 1 : index);
      return 0;
    }
    for (const letter of word.slice(1)) {
      if (word.startsWith('-')) shell.options.add(letter);
      else shell.options.delete(letter);
    }
  }
  return 0;
}

function echo({ args, shell }: Call): number {
  const words = [...args];
  let end = '\n';
  while (words[0] === '-n' || words[0] === '-e') if (words.shift() === '-n') end = '';
  shell.out(unescape(words.join(' ')) + end);
  return 0;
}

function printf({ args, shell }: Call): number {
  const [format = '', ...values] = args;
  const rest = [...values];
  do {
    shell.out(
      unescape(format).replace(/%(-?\d*)(?:\.\d+)?([sdibcx%])/g, (_, width: string, kind: string) => {
        if (kind === '%') return '%';
        const value = rest.shift() ?? '';
        const text =
          kind === 'd' || kind === 'i'
            ? String(Number.parseInt(value, 10) || 0)
            : kind === 'b'
              ? unescape(value)
              : value;
        const size = Math.min(Math.abs(Number(width || 0)), 1000);
        return width.startsWith('-') ? text.padEnd(size) : text.padStart(size);
      }),
    );
  } while (rest.length > 0 && /%[^%]/.test(format));
  return 0;
}

function unescape(text: string): string {
  const names: Record<string, string> = { n: '\n', t: '\t', r: '\r', '\\': '\\', a: '\x07', b: '\b' };
  return text.replace(/\\(?:0?([0-7]{1,3})|([ntr\\ab]))/g, (_, octal: string | undefined, letter: string) =>
    octal === undefined ? (names[letter] ?? letter) : String.fromCharCode(Number.parseInt(octal, 8)),
  );
}

/** `read [-r] NAME...`: one line of input into variables, the rest of it into the last. */
function readLine({ args, shell }: Call): number {
  const input = shell.descriptors.get(0)?.input;
  const names = args.filter((arg) => !arg.startsWith('-'));
  if (!input || input.at >= input.text.length) {
    for (const name of names) shell.set(name, '');
    return 1;
  }
  const end = input.text.indexOf('\n', input.at);
  let line = input.text.slice(input.at, end < 0 ? undefined : end);
  input.at = end < 0 ? input.text.length : end + 1;
  const ifs = shell.get('IFS') ?? ' \t\n';
  const blank = Array.from(ifs)
    .filter((char) => /\s/.test(char))
    .join('');
  const stripped = (text: string) => {
    let from = 0;
    let to = text.length;
    while (from < to && blank.includes(text.charAt(from))) from++;
    while (to > from && blank.includes(text.charAt(to - 1))) to--;
    return text.slice(from, to);
  };
  line = stripped(line);
  for (const [index, name] of names.entries()) {
    let cut = line.length;
    if (index < names.length - 1) cut = Array.from(line).findIndex((char) => ifs.includes(char));
    if (cut < 0) cut = line.length;
    shell.set(name, line.slice(0, cut));
    line = stripped(line.slice(cut + 1));
  }
  return end < 0 ? 1 : 0;
}

/** `getopts OPTSTRING NAME [ARG...]`: one option of the arguments into NAME (POSIX.1-2017, XCU getopts). */
function getOption({ args, shell }: Call): number {
  const [known = '', name = '', ...given] = args;
  const words = given.length > 0 ? given : shell.positional;
  const index = Number(shell.get('OPTIND') ?? 1);
  const within = Number(shell.get('OPTIND_WITHIN') ?? 1);
  const word = words[index - 1] ?? '';
  const letter = word.charAt(within);
  if (!word.startsWith('-') || word === '-' || word === '--' || letter === '') {
    shell.set(name, '?');
    if (word === '--') shell.set('OPTIND', String(index + 1));
    return 1;
  }
  const takes = known.charAt(known.indexOf(letter) + 1) === ':' && known.includes(letter);
  const ends = takes || within + 1 >= word.length;
  const inline = word.slice(within + 1);
  if (takes) shell.set('OPTARG', inline !== '' ? inline : (words[index] ?? ''));
  shell.set('OPTIND', String(ends ? index + (takes && inline === '' ? 2 : 1) : index));
  shell.set('OPTIND_WITHIN', String(ends ? 1 : within + 1));
  shell.set(name, known.includes(letter) && letter !== ':' ? letter : '?');
  return 0;
}
