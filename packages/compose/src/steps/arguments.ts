/** Splits the arguments of a command into options and operands. */
import { NotCovered } from '../script/syntax.ts';

export type Arguments = { options: Map<string, string>; operands: string[] };

/**
 * Reads options in the way of getopt_long: `-abc`, `-o VALUE`, `-oVALUE`, `--long`, `--long=VALUE`, `--long VALUE`.
 *
 * @param flags names without dashes that take no value
 * @param valued names that take one
 * @throws NotCovered for an option that is in neither list: its effect is unknown
 */
export function readArguments(command: string, args: string[], flags: string[], valued: string[] = []): Arguments {
  const options = new Map<string, string>();
  const operands: string[] = [];
  for (let at = 0; at < args.length; at++) {
    const arg = args[at] ?? '';
    if (arg === '--') {
      operands.push(...args.slice(at + 1));
      break;
    }
    if (arg.startsWith('--')) {
      const [name = '', ...rest] = arg.slice(2).split('=');
      if (valued.includes(name)) options.set(name, rest.length > 0 ? rest.join('=') : (args[++at] ?? ''));
      else if (flags.includes(name)) options.set(name, rest.join('='));
      else throw new NotCovered(`${command} ${arg}`);
    } else if (arg.startsWith('-') && arg.length > 1) {
      for (let index = 1; index < arg.length; index++) {
        const letter = arg.charAt(index);
        if (valued.includes(letter)) {
          options.set(letter, arg.slice(index + 1) || (args[++at] ?? ''));
          break;
        }
        if (!flags.includes(letter)) throw new NotCovered(`${command} ${arg}`);
        options.set(letter, '');
      }
    } else operands.push(arg);
  }
  return { options, operands };
}
