/** Carries out a maintainer script on the image's tree: no process is started, every command is a built-in step. */
// One file, because a shell's state (variables, descriptors, options, jumps) belongs to all of its constructs.
import type { World } from '../install/world.ts';
import { builtins } from './builtins.ts';
import { expandText, expandToPattern, expandWords } from './expand.ts';
import { absolute, matchesPattern } from './glob.ts';
import { parseScript } from './parse.ts';
import { openRedirection } from './redirect.ts';
import { type Command, NotCovered, type Redirection } from './syntax.ts';

/** Where a descriptor leads: text to read, a place to write, or both closed. */
export type Stream = { input?: { text: string; at: number }; write?: (text: string) => void };

export type Call = { name: string; args: string[]; shell: Shell; world: World };
/** One command made here; returns its exit status. `step` names the effect for the report. */
export type Step = { step: string; run: (call: Call) => number };

class Jump extends Error {
  readonly kind: 'exit' | 'return' | 'break' | 'continue';
  value: number;
  constructor(kind: Jump['kind'], value: number) {
    super(kind);
    this.kind = kind;
    this.value = value;
  }
}

/** What is noted while a script runs: steps that changed something, steps without effect here, commands left undone. */
export type Notes = { made: Set<string>; without: Set<string>; undone: string[] };

const MAX_COMMANDS = 200_000;
const MAX_OUTPUT = 16 * 1024 * 1024;
const MAX_CALLS = 50;
const PATH = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];

export class Shell {
  readonly world: World;
  readonly notes: Notes;
  positional: string[] = [];
  name = 'sh';
  directory = '/';
  umask = 0o022;
  /** Who runs: root, except inside su. */
  user = { uid: 0, gid: 0 };
  status = 0;
  options = new Set<string>();
  variables: Map<string, string>;
  functions = new Map<string, Command>();
  descriptors: Map<number, Stream>;
  private readonly steps: ReadonlyMap<string, Step>;
  private locals: Map<string, string | null>[] = [];
  private conditional = 0;
  private capturing = 0;
  private captured = 0;
  private budget: { commands: number };
  private calls = 0;

  constructor(world: World, steps: ReadonlyMap<string, Step>, variables: Map<string, string>, notes: Notes) {
    this.world = world;
    this.steps = steps;
    this.variables = variables;
    this.notes = notes;
    this.budget = { commands: 0 };
    this.descriptors = new Map<number, Stream>([
      [0, { input: { text: '', at: 0 } }],
      [1, { write: () => {} }],
      [2, { write: () => {} }],
    ]);
  }

  /** Runs a script; returns its exit status. @throws NotCovered */
  run(text: string, name: string, args: string[]): number {
    this.name = name;
    this.positional = args;
    const [, options] = /^#![^\n]*sh[ \t]+-([a-z]+)/.exec(text) ?? [];
    for (const option of options ?? '') this.options.add(option);
    const body = parseScript(text);
    try {
      return this.execute(body);
    } catch (jump) {
      if (jump instanceof Jump && (jump.kind === 'exit' || jump.kind === 'return')) return jump.value;
      throw jump;
    }
  }

  /** Runs another script of the image in a shell of its own. */
  runScript(text: string, name: string, args: string[]): number {
    if (++this.calls > MAX_CALLS) throw new NotCovered('scripts that call each other too deep');
    const child = this.child();
    child.options = new Set();
    child.functions = new Map();
    try {
      parseScript(text);
    } catch (cause) {
      if (cause instanceof NotCovered) return this.leaveUndone(name, args, cause.message);
      throw cause;
    }
    const status = child.run(text, name, args);
    this.calls--;
    return status;
  }

  /** Reads commands into this shell, as `.` does. */
  source(text: string): number {
    try {
      return this.execute(parseScript(text));
    } catch (jump) {
      if (jump instanceof Jump && jump.kind === 'return') return jump.value;
      throw jump;
    }
  }

  get(name: string): string | null {
    switch (name) {
      case '@':
      case '*':
        return this.positional.join(' ');
      case '#':
        return String(this.positional.length);
      case '?':
        return String(this.status);
      case '$':
        return '2';
      case '0':
        return this.name;
      case '-':
        return [...this.options].join('');
      default:
        return (/^[0-9]+$/.test(name) ? this.positional[Number(name) - 1] : this.variables.get(name)) ?? null;
    }
  }

  set(name: string, value: string): void {
    if (value.length > MAX_OUTPUT) throw new NotCovered('a variable of more than 16 MiB');
    this.variables.set(name, value);
  }

  /** Makes a variable local to the running function. */
  local(name: string): void {
    const scope = this.locals.at(-1);
    if (scope && !scope.has(name)) scope.set(name, this.variables.get(name) ?? null);
  }

  jump(kind: Jump['kind'], value: number): never {
    throw new Jump(kind, value);
  }

  out(text: string): void {
    this.descriptors.get(1)?.write?.(text);
  }

  /** All that is left on standard input. */
  input(): string {
    const input = this.descriptors.get(0)?.input;
    if (!input) return '';
    const text = input.text.slice(input.at);
    input.at = input.text.length;
    return text;
  }

  path(path: string): string {
    return absolute(path, this.directory);
  }

  /** The output of a command in a shell of its own. */
  capture(body: Command): string {
    const child = this.child();
    const parts: string[] = [];
    let size = 0;
    child.descriptors.set(1, {
      write: (text) => {
        size += text.length;
        if (size > MAX_OUTPUT) throw new NotCovered('a command with more than 16 MiB of output');
        parts.push(text);
      },
    });
    child.capturing = 1;
    this.captured = child.executeSubshell(body);
    return parts.join('');
  }

  /** Runs commands as somebody else; what they make would be that user's, which is not followed here. */
  runAs(user: { uid: number; gid: number }, text: string): number {
    const child = this.child();
    child.user = user;
    const before = this.world.tree.changes;
    const status = child.executeSubshell(parseScript(text));
    if (this.world.tree.changes !== before) throw new NotCovered(`files made as user ${user.uid}`);
    return status;
  }

  private child(): Shell {
    const child = new Shell(this.world, this.steps, new Map(this.variables), this.notes);
    child.functions = new Map(this.functions);
    child.descriptors = new Map(this.descriptors);
    child.options = new Set(this.options);
    child.positional = [...this.positional];
    child.name = this.name;
    child.directory = this.directory;
    child.umask = this.umask;
    child.user = this.user;
    child.status = this.status;
    child.conditional = this.conditional;
    child.capturing = this.capturing;
    child.budget = this.budget;
    child.calls = this.calls;
    child.locals = [...this.locals];
    return child;
  }

  private executeSubshell(body: Command): number {
    try {
      return this.execute(body);
    } catch (jump) {
      if (jump instanceof Jump && jump.kind !== 'break' && jump.kind !== 'continue') return jump.value;
      throw jump;
    }
  }

  execute(command: Command): number {
    this.status = this.dispatch(command);
    return this.status;
  }

  private dispatch(command: Command): number {
    switch (command.kind) {
      case 'simple':
        return this.errexit(this.simple(command));
      case 'list': {
        let status = 0;
        for (const item of command.commands) status = this.execute(item);
        return status;
      }
      case 'not':
        return this.test(command.command) ? 1 : 0;
      case 'and':
        return this.test(command.left) ? this.execute(command.right) : this.status;
      case 'or':
        if (isTrue(command.right)) return this.tolerant(command.left);
        return this.test(command.left) ? 0 : this.execute(command.right);
      case 'if':
        for (const branch of command.branches) if (this.test(branch.condition)) return this.execute(branch.body);
        return command.otherwise ? this.execute(command.otherwise) : 0;
      case 'loop':
        return this.loop(() => this.test(command.condition) !== command.until, command.body);
      case 'for': {
        const values = command.words ? expandWords(this, command.words) : [...this.positional];
        let index = 0;
        return this.loop(() => {
          const value = values[index++];
          if (value !== undefined) this.set(command.name, value);
          return value !== undefined;
        }, command.body);
      }
      case 'case': {
        const text = expandText(this, command.word);
        for (const arm of command.arms) {
          if (arm.patterns.some((pattern) => matchesPattern(text, expandToPattern(this, pattern))))
            return this.execute(arm.body);
        }
        return 0;
      }
      case 'function':
        this.functions.set(command.name, command.body);
        return 0;
      case 'subshell':
        return this.errexit(this.child().executeSubshell(command.body));
      case 'redirected':
        return this.redirected(command.redirections, () => this.execute(command.body));
      case 'pipeline':
        return this.errexit(this.pipeline(command.commands));
    }
  }

  /** Whether a condition holds; inside, a failing command does not end the script. */
  private test(command: Command): boolean {
    this.conditional++;
    try {
      return this.execute(command) === 0;
    } finally {
      this.conditional--;
    }
  }

  /** `command || true`: its status is of no consequence, so that a command left undone can be noted and passed. */
  private tolerant(command: Command): number {
    const options = new Set(this.options);
    this.options.delete('e');
    try {
      this.execute(command);
      return 0;
    } finally {
      if (options.has('e')) this.options.add('e');
    }
  }

  private errexit(status: number): number {
    if (status !== 0 && this.options.has('e') && this.conditional === 0) throw new Jump('exit', status);
    return status;
  }

  private loop(next: () => boolean, body: Command): number {
    let status = 0;
    while (next()) {
      this.count();
      try {
        status = this.execute(body);
      } catch (jump) {
        if (!(jump instanceof Jump) || (jump.kind !== 'break' && jump.kind !== 'continue')) throw jump;
        if (jump.value > 1) {
          jump.value--;
          throw jump;
        }
        if (jump.kind === 'break') break;
      }
    }
    return status;
  }

  private pipeline(commands: Command[]): number {
    let text = this.descriptors.get(0)?.input ?? { text: '', at: 0 };
    let status = 0;
    for (const [index, command] of commands.entries()) {
      const child = this.child();
      const parts: string[] = [];
      child.descriptors.set(0, { input: text });
      if (index < commands.length - 1) {
        child.descriptors.set(1, { write: (part) => void parts.push(part) });
        child.capturing++;
        child.options.delete('e');
      } else if (commands.length > 1) child.conditional = Math.max(child.conditional, 0);
      status = child.executeSubshell(command);
      text = { text: parts.join(''), at: 0 };
    }
    return status;
  }

  private simple(command: Extract<Command, { kind: 'simple' }>): number {
    this.count();
    this.captured = 0;
    const words = expandWords(this, command.words);
    const [name, ...args] = words;
    if (name === undefined) {
      for (const { name: variable, value } of command.assignments) this.set(variable, expandText(this, value));
      // Without a command, the status is that of the last substitution.
      return this.redirected(command.redirections, () => this.captured);
    }
    if (name === 'exec' && args.length === 0) {
      for (const redirection of command.redirections) openRedirection(this, redirection);
      return 0;
    }
    const saved = command.assignments.map(({ name: variable }) => [variable, this.variables.get(variable)] as const);
    for (const { name: variable, value } of command.assignments) this.set(variable, expandText(this, value));
    try {
      return this.redirected(command.redirections, () => this.invoke(name, args));
    } finally {
      for (const [variable, value] of saved) {
        if (value === undefined) this.variables.delete(variable);
        else this.variables.set(variable, value);
      }
    }
  }

  private redirected(redirections: Redirection[], act: () => number): number {
    if (redirections.length === 0) return act();
    const saved = new Map(this.descriptors);
    const finishers: (() => void)[] = [];
    try {
      for (const redirection of redirections) {
        const opened = openRedirection(this, redirection);
        if (opened === 'failed') return 1;
        finishers.push(opened);
      }
      return act();
    } finally {
      for (const finish of finishers) finish();
      this.descriptors = saved;
    }
  }

  /** Runs a command by name: a function, a word of the language, a built-in step, a script of the image. */
  invoke(name: string, args: string[]): number {
    const body = this.functions.get(name);
    if (body) return this.callFunction(body, args);
    const builtin = builtins.get(name);
    if (builtin) return builtin({ name, args, shell: this, world: this.world });
    const base = name.slice(name.lastIndexOf('/') + 1);
    const standard = !name.includes('/') || PATH.includes(name.slice(0, name.lastIndexOf('/')));
    const step = standard ? this.steps.get(base) : this.steps.get(name);
    if (step) return this.perform(step, name, args);
    const path = this.which(name);
    if (!path) return 127; // as the real shell would answer: there is no such program in the image
    const text = this.world.tree.readText(path) ?? '';
    if (isShellScript(text)) return this.runScript(text, path, args);
    if (/^python3?(\.\d+)?$/.test(base) && args.some((arg) => /(^|\/)(py_compile|compileall)(\.py)?$/.test(arg))) {
      this.notes.without.add('performance-only');
      return 0;
    }
    return this.leaveUndone(name, args);
  }

  private perform(step: Step, name: string, args: string[]): number {
    const before = this.world.tree.changes;
    const status = step.run({ name, args, shell: this, world: this.world });
    if (this.world.tree.changes !== before) this.notes.made.add(step.step);
    else this.notes.without.add(step.step);
    return status;
  }

  /** A program that cannot run here. Where its output or status decides what follows, the whole script is given up. */
  leaveUndone(name: string, args: string[], why = ''): number {
    const line = [name, ...args].join(' ').slice(0, 300) + (why ? ` (${why})` : '');
    if (this.conditional > 0 || this.capturing > 0) throw new NotCovered(line);
    this.notes.undone.push(line);
    return 0;
  }

  private callFunction(body: Command, args: string[]): number {
    if (++this.calls > MAX_CALLS) throw new NotCovered('functions that call each other too deep');
    const positional = this.positional;
    const scope = new Map<string, string | null>();
    this.positional = args;
    this.locals.push(scope);
    try {
      return this.execute(body);
    } catch (jump) {
      if (jump instanceof Jump && jump.kind === 'return') return jump.value;
      throw jump;
    } finally {
      this.calls--;
      this.positional = positional;
      this.locals.pop();
      for (const [name, value] of scope) {
        if (value === null) this.variables.delete(name);
        else this.variables.set(name, value);
      }
    }
  }

  /** Where a program is, or null. */
  which(name: string): string | null {
    const candidates = name.includes('/') ? [this.path(name)] : PATH.map((folder) => `${folder}/${name}`);
    for (const candidate of candidates) {
      const node = this.world.tree.find(candidate);
      if (node?.kind === 'file' && (node.mode & 0o111) !== 0) return candidate;
    }
    return null;
  }

  private count(): void {
    if (++this.budget.commands > MAX_COMMANDS) throw new NotCovered(`more than ${MAX_COMMANDS} commands`);
  }
}

function isTrue(command: Command): boolean {
  if (command.kind !== 'simple' || command.words.length !== 1) return false;
  const [part] = command.words[0] ?? [];
  return part?.kind === 'text' && (part.text === 'true' || part.text === ':');
}

/** True for scripts that this shell can try to run. */
export function isShellScript(text: string): boolean {
  return /^#!\s*\/(usr\/)?bin\/((sh|dash|bash|ash)\b|busybox\s+(sh|ash)\b)/.test(text);
}
