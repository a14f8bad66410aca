/** Opens files for redirections. */
import { inMemory } from '../files/content.ts';
import { expandText } from './expand.ts';
import type { Shell } from './shell.ts';
import { NotCovered, type Redirection } from './syntax.ts';

/** Sets a descriptor of the shell; the result is called when the command has ended. */
export function openRedirection(shell: Shell, redirection: Redirection): (() => void) | 'failed' {
  const { descriptor, operator } = redirection;
  const target = expandText(shell, redirection.target);
  const nothing = () => {};
  switch (operator) {
    case '<<':
      shell.descriptors.set(descriptor, { input: { text: target, at: 0 } });
      return nothing;
    case '<&':
    case '>&': {
      if (target === '-') shell.descriptors.delete(descriptor);
      else shell.descriptors.set(descriptor, shell.descriptors.get(Number(target)) ?? {});
      return nothing;
    }
    case '<': {
      const text = target === '/dev/null' ? '' : shell.world.tree.readText(shell.path(target));
      if (text === null) return 'failed';
      shell.descriptors.set(descriptor, { input: { text, at: 0 } });
      return nothing;
    }
    case '>':
    case '>>':
      return openForWriting(shell, descriptor, target, operator === '>>');
  }
}

function openForWriting(shell: Shell, descriptor: number, target: string, append: boolean): (() => void) | 'failed' {
  if (target === '/dev/null' || target === '/dev/tty') {
    shell.descriptors.set(descriptor, { write: () => {} });
    return () => {};
  }
  if (target === '/dev/stderr' || target === '/dev/stdout') {
    shell.descriptors.set(descriptor, shell.descriptors.get(target === '/dev/stderr' ? 2 : 1) ?? {});
    return () => {};
  }
  if (/^\/(dev|proc|sys)\//.test(target)) throw new NotCovered(`writing to ${target}`);
  const { tree } = shell.world;
  const path = shell.path(target);
  const place = tree.place(path);
  if (!place || place.node?.kind === 'directory') return 'failed';
  const parts = [append ? (tree.readText(path) ?? '') : ''];
  if (!append || !place.node) tree.write(path, inMemory(parts[0] ?? ''), 0o666 & ~shell.umask);
  shell.notes.made.add('files');
  let written = false;
  shell.descriptors.set(descriptor, {
    write: (text) => {
      written = true;
      parts.push(text);
    },
  });
  return () => {
    if (written && tree.place(path)) tree.write(path, inMemory(parts.join('')), 0o666 & ~shell.umask);
  };
}
