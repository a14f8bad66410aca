/** Runs the command line and answers with the exit code. */
import { Command, CommanderError } from 'commander';
import { COMMANDS } from './commands/list.ts';
import type { Context } from './context.ts';
import { CliError, EXIT } from './exit.ts';

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
  const program = new Command('pratique')
    .description('Takes container images from push to production: inventory, scan, gate, sign, deliver, admit.')
    .version('0.1.0')
    .showHelpAfterError('(pratique COMMAND --help shows examples)')
    .exitOverride()
    .configureOutput({ writeOut: (text) => context.out(text), writeErr: (text) => context.note(text) });
  program.addHelpText(
    'after',
    '\nExit codes: 0 success; 1 denied, threshold met or verification failed; 2 usage; 3 fault or partial result.\nThe server: PRATIQUE_URL and PRATIQUE_TOKEN, else what pratique login stored.\n',
  );
  for (const add of COMMANDS) add(program, whole);
  // Subcommands made before inherit nothing; each must throw instead of ending the process.
  const inherit = (command: Command): void => {
    command
      .exitOverride()
      .configureOutput({ writeOut: (text) => context.out(text), writeErr: (text) => context.note(text) });
    command.commands.forEach(inherit);
  };
  inherit(program);
  try {
    await program.parseAsync(argv, { from: 'user' });
    return exitCode;
  } catch (error) {
    context.progress.end();
    return report(error, context);
  }
}

function report(error: unknown, context: Omit<Context, 'setExit'>): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.success : EXIT.usage;
  if (error instanceof CliError) {
    context.note(`pratique: ${error.message}\n`);
    return error.exitCode;
  }
  const known = error instanceof Error && SPEAKING.has(error.name);
  context.note(`pratique: ${error instanceof Error ? error.message : String(error)}\n`);
  if (!known && context.env['DEBUG'] && error instanceof Error) context.note(`${error.stack}\n`);
  return known && (error as { code?: string }).code === 'reference-invalid' ? EXIT.usage : EXIT.fault;
}
