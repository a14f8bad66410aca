/** pratique rebase: the application's layers on a newer base, where nothing speaks against it. */
import type { Command } from 'commander';
import { type Context, writeResult } from '../context.ts';
import { EXIT } from '../exit.ts';
import type { RebaseFlags } from '../rebase/rebase-subject.ts';

export function addRebase(program: Command, context: Context): void {
  program
    .command('rebase')
    .argument(
      '<ref>',
      'oci:DIR[:TAG], docker-archive:FILE, podman:IMAGE, containerd:IMAGE, docker:IMAGE, or a reference',
    )
    .description('put the application’s layers of an image on another base; refuses where something would not fit')
    .requiredOption('--base <ref>', 'the new base')
    .option('--old-base <ref>', 'what it was built on; by the image’s annotations or labels where it is not given')
    .option('--dry-run', 'say what would be done, and write nothing')
    .option(
      '--to <tag or place>',
      'a tag beside the image, or oci:DIR[:TAG], docker-archive:FILE, a reference; TAG-r1 by default',
    )
    .option('--platform <os/arch>', 'one image of an index; all of them by default')
    .option('--db <dir>', "advisories; the user's own store by default")
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  pratique rebase vendor/app:1 --base docker.io/library/debian:12-slim\n  pratique rebase oci:image:1 --old-base oci:bases:12.5 --base oci:bases:12.7 --dry-run\n' +
        '\nExit code 0 also where it stands on that base already; 1 where it was refused.\n',
    )
    .action(async (subject: string, options: RebaseFlags & { json?: boolean }) => {
      const [{ rebaseSubject }, { describeRebase }] = await Promise.all([
        import('../rebase/rebase-subject.ts'),
        import('../rebase/describe-rebase.ts'),
      ]);
      const report = await rebaseSubject(context, subject, options);
      writeResult(context, options.json, report, (value) => describeRebase(value, options.dryRun ?? false));
      if (report.images.some(({ conflicts }) => conflicts.length > 0)) context.setExit(EXIT.denied);
    });
}
