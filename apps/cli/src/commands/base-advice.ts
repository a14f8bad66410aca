/** pratique base-advice: which other base would clear most of an image's findings. */
import type { Command } from 'commander';
import type { AdviceOptions } from '../base-advice/advise-subject.ts';
import { type Context, writeResult } from '../context.ts';
import { DEFAULT_PLATFORM } from '../platform.ts';
import { several } from '../scan/vex-files.ts';

export function addBaseAdvice(program: Command, context: Context): void {
  program
    .command('base-advice')
    .argument(
      '<subject>',
      'oci:DIR[:TAG], docker-archive:FILE, podman:IMAGE, containerd:IMAGE, docker:IMAGE, or a reference',
    )
    .description('which other base or tag would clear most of an image’s findings, in numbers')
    .option('--candidate <ref>', 'another base to compare with; may be given several times', several)
    .option('--base <ref>', 'what it was built on; by the image’s annotations or layers where it is not given')
    .option('--limit <count>', 'tags of the base’s repository that are scanned at most', '5')
    .option('--platform <os/arch>', 'which image of an index', DEFAULT_PLATFORM)
    .option('--db <dir>', "advisories; the user's own store by default")
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  pratique base-advice vendor/app:1\n  pratique base-advice oci:image:1 --base oci:bases:12.5 --candidate oci:bases:13.1\n' +
        '\nScans of the image tell the result in a line, until the advisories change.\n',
    )
    .action(async (subject: string, options: AdviceOptions & { json?: boolean }) => {
      const [{ adviseSubject }, { adviceLine, describeAdvice }, { rememberAdvice }] = await Promise.all([
        import('../base-advice/advise-subject.ts'),
        import('../base-advice/describe-advice.ts'),
        import('../base-advice/remember-advice.ts'),
      ]);
      const { advice, snapshot } = await adviseSubject(context, subject, options);
      await rememberAdvice(context, advice.digest, adviceLine(advice), snapshot);
      writeResult(context, options.json, advice, describeAdvice);
    });
}
