/** Runs the command line and answers with the exit code. */
import { Command, CommanderError } from 'commander';
import { COMMANDS } from './commands/list.ts';
import type { Context } from './context.ts';
import { EXAMPLES } from './examples.ts';
import { CliError, EXIT } from './exit.ts';
import { VERSION } from './version.ts';

/** Errors whose message was written for the person at the terminal; everything else is a defect and shows its stack with DEBUG. */
const SPEAKING = new Set(['OciError', 'ScanError', 'ComposeError', 'SignError', 'PolicyError']);

/** @param argv arguments after the program's name */
export async function runCli(argv: string[], context: Omit<Context, 'setExit'>): Promise<number> {
  let exitCode: number = EXIT.success;
  const whole: Context = {
    ...context,
    setExit(code) {
      exitCode = code;
    },
  };
  try {
    const program = await createProgram(argv, whole);
    if (argv.length === 0) {
      program.outputHelp({ error: true });
      return EXIT.usage;
    }
    await program.parseAsync(argv, { from: 'user' });
    return exitCode;
  } catch (error) {
    return report(error, context);
  } finally {
    context.progress.end();
  }
}

/** Loads the command that is asked for; of the others name and summary are enough. */
async function createProgram(argv: string[], context: Context): Promise<Command> {
  const program = new Command('pratique')
    .description('Takes container images from push to production: inventory, scan, gate, sign, deliver, admit.')
    .version(VERSION)
    .showHelpAfterError('(pratique COMMAND --help shows examples)')
    .addHelpText(
      'after',
      '\nExamples:\n  pratique voyage\n  pratique scan docker-archive:app.tar --fail-on high\n  pratique status vendor/app:1\n' +
        '\nExit codes: 0 success; 1 denied, threshold met or verification failed; 2 usage; 3 fault or partial result.\n' +
        'The server: PRATIQUE_URL and PRATIQUE_TOKEN, else what pratique login stored.\n',
    );
  const words = argv.filter((word) => !word.startsWith('-'));
  const wanted = words[0] === 'help' ? words[1] : words[0];
  for (const entry of COMMANDS) {
    if (wanted !== undefined && Object.hasOwn(entry.names, wanted)) (await entry.load())(program, context);
    else for (const [name, summary] of Object.entries(entry.names)) program.command(name).description(summary);
  }
  equip(program, [], context);
  return program;
}

/** Subcommands inherit nothing: each must throw instead of ending the process, write to the context, and have examples. */
function equip(command: Command, path: readonly string[], context: Context): void {
  command
    .exitOverride()
    .configureOutput({ writeOut: (text) => context.out(text), writeErr: (text) => context.note(text) });
  const examples = EXAMPLES[path.join(' ')];
  if (examples)
    command.addHelpText(
      'after',
      `\n${examples.length > 1 ? 'Examples' : 'Example'}:\n${examples.map((line) => `  ${line}`).join('\n')}\n`,
    );
  for (const child of command.commands) equip(child, [...path, child.name()], context);
}

function report(error: unknown, context: Omit<Context, 'setExit'>): number {
  context.progress.end();
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.success : EXIT.usage;
  if (error instanceof CliError) {
    context.note(`pratique: ${error.message}\n`);
    return error.exitCode;
  }
  const known = error instanceof Error && SPEAKING.has(error.name);
  const code = known && 'code' in error ? error.code : null;
  context.note(`pratique: ${error instanceof Error ? error.message : String(error)}\n`);
  if (code === 'unauthorized')
    context.note('Sign in with pratique login; for another registry, with docker login or podman login.\n');
  if (!known && context.env['DEBUG'] && error instanceof Error) context.note(`${error.stack}\n`);
  return code === 'reference-invalid' ? EXIT.usage : EXIT.fault;
}
