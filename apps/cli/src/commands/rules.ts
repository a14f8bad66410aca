/** pratique rules: what scans look for, and whether a content or a rule set of one's own is found by it. */
import type { Command } from 'commander';
import { type Context, writeResult } from '../context.ts';
import { EXIT } from '../exit.ts';
import { formatTable, visible } from '../text.ts';

type Listed = { json?: boolean };

export function addRules(program: Command, context: Context): void {
  const rules = program.command('rules').description('what scans look for, and what it finds in a content of yours');

  const secrets = rules.command('secrets').description('kinds of secrets');
  secrets
    .command('list')
    .description('every kind, with where its issuer describes it')
    .option('--json', 'print JSON')
    .action(async ({ json }: Listed) => {
      const { KINDS } = await import('@pratique/scan/secrets');
      const kinds = KINDS.map(({ id, title, severity, docs, by }) => ({ id, title, severity, docs, by }));
      writeResult(context, json, kinds, (all) =>
        formatTable(
          ['KIND', 'SEVERITY', 'WHAT', 'DESCRIBED AT'],
          all.map((one) => [one.id, one.severity, one.title, one.docs]),
        ),
      );
    });
  secrets
    .command('test')
    .argument('<files...>', 'files, or - for standard input')
    .description('look for secrets in files, redacted as everywhere; exit with 1 where there are any')
    .option('--json', 'print JSON')
    .action(async (files: string[], { json }: Listed) => {
      const { testSecrets } = await import('../rules/test-contents.ts');
      const found = await testSecrets(context, files);
      if (found.length > 0) context.setExit(EXIT.denied);
      writeResult(context, json, found, (all) =>
        all.length === 0
          ? 'Nothing was found.'
          : formatTable(
              ['SECRET', 'SEVERITY', 'BEGINS WITH', 'WHERE'],
              all.map((one) => [one.id, one.severity, one.redacted, visible(`${one.path}:${one.line}`)]),
            ),
      );
    });

  const malware = rules.command('malware').description('rules about malware');
  malware
    .command('list')
    .description('every rule, with its family and how sure it is')
    .option('--json', 'print JSON')
    .action(async ({ json }: Listed) => {
      const [{ listRules }, { readRules }] = await Promise.all([
        import('@pratique/scan/malware/list-rules'),
        import('@pratique/scan/malware/read-rules'),
      ]);
      writeResult(context, json, listRules(readRules()), (all) =>
        formatTable(
          ['RULE', 'FAMILY', 'SEVERITY', 'CONFIDENCE', 'WHAT'],
          all.map((one) => [one.id, one.family, one.severity, one.confidence, one.title]),
        ),
      );
    });
  malware
    .command('test')
    .argument('<paths...>', 'files to examine, or a folder with a rule bundle of yours (bundle.json) to try')
    .description(
      'examine files, or try a rule bundle by its own samples; exit with 1 where malware is found or a bundle is refused',
    )
    .option('--json', 'print JSON')
    .action(async (paths: string[], { json }: Listed) => {
      const { testMalware } = await import('../rules/test-contents.ts');
      const tested = await testMalware(context, paths);
      if (tested.some((one) => (one.kind === 'file' ? one.matches.length > 0 : one.trial.outcome === 'refused')))
        context.setExit(EXIT.denied);
      writeResult(context, json, tested, (all) => all.map(describeTested).join('\n'));
    });

  const baseline = rules.command('baseline').description('checks of an image’s configuration and contents');
  baseline
    .command('list')
    .description('every check, with why it is made and what to do')
    .option('--profile <name>', 'cis-docker-4, hardened or minimal')
    .option('--json', 'print JSON')
    .action(async ({ profile, json }: Listed & { profile?: string }) => {
      const [{ checksOf }, { readProfile }] = await Promise.all([
        import('@pratique/scan/baseline/list'),
        import('../scan/scanners.ts'),
      ]);
      const checks = checksOf(readProfile(profile)).map(({ id, title, reason, fix, severity, profiles }) => ({
        ...{ id, title, reason, fix, severity },
        profiles: [...profiles],
      }));
      writeResult(context, json, checks, (all) =>
        formatTable(
          ['CHECK', 'SEVERITY', 'PROFILES', 'WHAT SHOULD BE'],
          all.map((one) => [one.id, one.severity, one.profiles.join(','), one.title]),
        ),
      );
    });
  baseline
    .command('test')
    .argument('<subject>', 'as for pratique scan')
    .description('hold an image against the checks and tell the outcome of each; exit with 1 where one failed')
    .option('--profile <name>', 'cis-docker-4, hardened or minimal')
    .option('--json', 'print JSON')
    .action(async (subject: string, { profile, json }: Listed & { profile?: string }) => {
      const [{ scanSubject }, { DEFAULT_PLATFORM }] = await Promise.all([
        import('../scan/scan-subject.ts'),
        import('../platform.ts'),
      ]);
      const { baseline: results } = await scanSubject(context, subject, {
        platform: DEFAULT_PLATFORM,
        scanners: 'baseline',
        ...(profile === undefined ? {} : { profile }),
      });
      const all = results ?? [];
      if (all.some((one) => one.status === 'failed')) context.setExit(EXIT.denied);
      writeResult(context, json, all, () =>
        formatTable(
          ['CHECK', 'OUTCOME', 'SEVERITY', 'FOUND'],
          all.map((one) => [one.id, one.status, one.severity, visible(one.detail ?? one.evidence.join(', '))]),
        ),
      );
    });
}

type Tested = Awaited<ReturnType<typeof import('../rules/test-contents.ts').testMalware>>[number];

function describeTested(tested: Tested): string {
  if (tested.kind === 'bundle') {
    const { trial } = tested;
    const name = `${visible(tested.path)}: ${trial.name} ${trial.version}`;
    if (trial.outcome === 'passed')
      return `${name} passed: ${trial.positive} samples found, ${trial.negative + trial.harmless} harmless contents left alone`;
    return [`${name} is refused:`, ...trial.reasons.map((reason) => `  ${visible(reason)}`)].join('\n');
  }
  const { path, matches, unexamined } = tested;
  const lines = matches.map((one) => `${visible(one.path)}: ${one.id} (${one.family}, ${one.severity}): ${one.title}`);
  const gaps = unexamined.map((one) => `${visible(one.path)}: ${visible(one.detail)}`);
  return lines.length + gaps.length === 0 ? `${visible(path)}: nothing was found` : [...lines, ...gaps].join('\n');
}
