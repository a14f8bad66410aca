/** pratique repair: an image comes back with the packages that its distribution has mended. */
import type { Command } from 'commander';
import { type Context, writeResult } from '../context.ts';
import { EXIT } from '../exit.ts';
import { DEFAULT_PLATFORM } from '../platform.ts';
import type { RepairOptions } from '../repair/repair-subject.ts';
import { several } from '../scan/vex-files.ts';

export function addRepair(program: Command, context: Context): void {
  program
    .command('repair')
    .argument(
      '<subject>',
      'oci:DIR[:TAG], docker-archive:FILE, podman:IMAGE, containerd:IMAGE, docker:IMAGE, or a reference',
    )
    .description(
      'upgrade the packages of an image from its distribution’s signed archive, in one layer: no Docker, no shell',
    )
    .option('--dry-run', 'say what would be done, and write nothing')
    .option(
      '--only-findings',
      'only packages with findings that an upgrade clears, and what these need; all upgrades by default',
    )
    .option(
      '--to <tag or place>',
      'a tag beside the image, or oci:DIR[:TAG], docker-archive:FILE, a reference; TAG-r1 by default',
    )
    .option('--platform <os/arch>', 'which image of an index', DEFAULT_PLATFORM)
    .option('--no-sandbox', 'run no maintainer script: packages that need one are left')
    .option(
      '--smoke-start',
      'start the original and the repaired image for five seconds; one that starts otherwise is not written',
    )
    .option('--mirror <url>', "archive; the machine's apt configuration by default")
    .option(
      '--repository <url>',
      "repository of an apk or rpm image: what the architecture's folder lies in, or repodata; may be repeated, the distribution's own by default",
      several,
    )
    .option(
      '--keyring <file>',
      'keys that may sign the archive: an OpenPGP keyring, or for apk *.rsa.pub; a file or a folder',
    )
    .option('--allow-expired', 'take an archive whose release file has ended: a copy that somebody carried here')
    .option('--db <dir>', "advisories; the user's own store by default")
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  pratique repair vendor/demo:1                 writes vendor/demo:1-r1\n  pratique repair oci:image:1 --dry-run\n  pratique repair docker-archive:app.tar --to docker-archive:app-repaired.tar\n  pratique repair oci:alpine:3.20 --keyring /usr/share/apk/keys\n  pratique repair oci:app:1 --repository https://mirror.example.org/almalinux/9/BaseOS/x86_64/os --keyring alma.asc\n' +
        '\nExit code 0 also where there was nothing to do; 3 where packages with an upgrade on offer were left.\n',
    )
    .action(async (subject: string, options: RepairOptions & { json?: boolean }) => {
      const [{ repairSubject }, { describeRepair }] = await Promise.all([
        import('../repair/repair-subject.ts'),
        import('../repair/describe-repair.ts'),
      ]);
      const repaired = await repairSubject(context, subject, options);
      const { result, destination, findings } = repaired;
      writeResult(context, options.json, { ...result, destination, findings }, () =>
        describeRepair(repaired, options.dryRun ?? false),
      );
      if (result.left.some((one) => one.candidate !== null && one.reason !== 'held' && one.reason !== 'pinned'))
        context.setExit(EXIT.fault);
    });
}
