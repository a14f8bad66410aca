/** pratique fix-plan: the least change at the source that clears findings of application packages. */
import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { type Context, writeResult } from '../context.ts';
import { EXIT } from '../exit.ts';
import type { FixPlanOptions } from '../fix-plan/plan-subject.ts';
import { DEFAULT_PLATFORM } from '../platform.ts';

type Options = FixPlanOptions & { json?: boolean; patch?: boolean; output?: string };

export function addFixPlan(program: Command, context: Context): void {
  program
    .command('fix-plan')
    .argument(
      '<subject>',
      'dir:DIR, oci:DIR[:TAG], docker-archive:FILE, podman:IMAGE, containerd:IMAGE, docker:IMAGE, sbom:FILE, or a reference',
    )
    .description('the least change of lock files that clears findings of application packages, as a patch for git')
    .option('--patch', 'print the patch, and nothing else')
    .option('--output <file>', 'write the patch to a file')
    .option('--registry <url>', "npm's registry; npm's own configuration by default")
    .option('--index-url <url>', "Python's index; pip's own configuration by default")
    .option('--goproxy <urls>', "Go's module proxies; GOPROXY by default")
    .option('--offline', 'ask nobody: what needs hashes of new versions is given as commands')
    .option('--include-dev', 'also packages that a lock file marks as for development alone')
    .option('--platform <os/arch>', 'which image of an index', DEFAULT_PLATFORM)
    .option('--no-cache', 'read every layer, also those that were read before')
    .option('--db <dir>', "advisories; the user's own store by default")
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  pratique fix-plan dir:.\n  pratique fix-plan dir:. --patch | git apply\n  pratique fix-plan vendor/app:1 --json\n' +
        '\nExit code 0 also where findings stay; 3 where something could not be examined.\n',
    )
    .action(async (subject: string, options: Options) => {
      const [{ planSubject }, { describePlan }] = await Promise.all([
        import('../fix-plan/plan-subject.ts'),
        import('../fix-plan/describe-plan.ts'),
      ]);
      const { plan, missing } = await planSubject(context, subject, options);
      if (options.output !== undefined && plan.patch !== null)
        await writeFile(resolve(context.cwd, options.output), plan.patch);
      if (plan.patch === null && (options.patch || options.output !== undefined))
        context.note('No file can be changed by a patch; without --patch the plan says why.\n');
      if (options.patch && !options.json) context.out(plan.patch ?? '');
      else writeResult(context, options.json, plan, describePlan);
      if (missing.length === 0) return;
      const [first] = missing;
      const what = first ? `, the first ${first.path}: ${first.detail}` : '';
      context.note(`The plan is partial: ${missing.length} things were not examined${what}\n`);
      context.setExit(EXIT.fault);
    });
}
