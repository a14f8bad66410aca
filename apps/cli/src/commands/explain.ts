/** pratique explain: the whole way to the decision on an image, or to one of its findings. */
import { type ExplainedReason, Explanation } from '@pratique/contract';
import type { Command } from 'commander';
import { type Context, openServer, writeResult } from '../context.ts';
import { CliError, EXIT } from '../exit.ts';
import { DEFAULT_PLATFORM } from '../platform.ts';
import { imagePath, readServerImage } from '../reference.ts';
import { describeHole, explainFinding } from '../scan/explain-finding.ts';
import type { ScanOptions } from '../scan/scan-subject.ts';
import { formatTable, visible } from '../text.ts';

export function addExplain(program: Command, context: Context): void {
  program
    .command('explain')
    .argument('<image>', 'ACCOUNT/NAME[:tag|@digest]; with an id also what pratique scan takes')
    .argument('[id]', 'a CVE or another name of a hole: why the image has it, or why not')
    .description('the whole way to the decision on an image, or why it has a hole or has not')
    .option('--json', 'print JSON')
    .option('--platform <os/arch>', 'which image of an index', DEFAULT_PLATFORM)
    .option('--db <dir>', "advisories; the user's own store by default")
    .option('--local', 'read the image here, even when the server has its inventory')
    .option('--offline', 'ask nobody: neither the server nor another registry')
    .addHelpText(
      'after',
      '\nExamples:\n  pratique explain vendor/demo:main-only\n  pratique explain vendor/demo:main-only CVE-2024-5535\n',
    )
    .action(async (text: string, id: string | undefined, options: ScanOptions & { json?: boolean }) => {
      if (id !== undefined) {
        const hole = await explainFinding(context, text, id, options);
        return writeResult(context, options.json, hole, describeHole);
      }
      const { api } = await openServer(context);
      const found = await api.find(imagePath(readServerImage(text, api.url), '/explanation'), Explanation);
      if (!found) throw new CliError(EXIT.fault, `there is no image ${text} for you on ${api.url}`);
      writeResult(context, options.json, found, describe);
    });
}

const time = (iso: string) => iso.slice(0, 16).replace('T', ' ');

function describe(found: Explanation): string {
  const name = `${found.account}/${found.repository}${found.reference.includes(':') ? '@' : ':'}${found.reference}`;
  const lines = [`${name}  ${found.digest}`, `  ${visible(found.summary)}`];
  if (found.revocation)
    lines.push(
      `  revoked by ${found.revocation.by} at ${time(found.revocation.at)} UTC: ${visible(found.revocation.reason)}`,
    );
  if (found.renewal?.error)
    lines.push(`  not renewed after ${found.renewal.failures} attempts: ${visible(found.renewal.error)}`);
  else if (found.renewal?.at)
    lines.push(`  looked at again by ${time(found.renewal.at)} UTC, or when what it rests on changes`);
  section(lines, 'Why', found.reasons.slice(0, 50).flatMap(describeReason));
  if (found.reasons.length > 50) lines.push(`  … and ${found.reasons.length - 50} more (--json has all)`);
  if (found.policies.length > 0)
    section(lines, 'Policies that looked at it', [
      formatTable(
        ['  CONSTRAINT', 'ACTION', 'SAID'],
        found.policies.map((one) => [
          `  ${one.constraint}`,
          one.action,
          one.violations === 0 ? 'nothing' : `${one.violations} ${one.violations === 1 ? 'thing' : 'things'}`,
        ]),
      ),
    ]);
  if (found.inputs.length > 0)
    section(lines, 'Decided from', [
      formatTable(
        ['  WHAT', 'NOW', 'VALUE'],
        found.inputs.map((one) => [`  ${one.name}`, one.current ? 'the same' : 'changed since', one.value]),
      ),
    ]);
  section(
    lines,
    'What happened',
    found.history.map((event) => `  ${time(event.at)}  ${event.what.padEnd(10)}  ${visible(event.sentence)}`),
  );
  section(
    lines,
    'What you can do',
    found.next.map((step) => `  ${visible(step)}`),
  );
  return lines.join('\n');
}

function section(lines: string[], title: string, body: string[]): void {
  if (body.length > 0) lines.push('', title, ...body);
}

function describeReason({ reason, evidence, exception, graceUntil }: ExplainedReason): string[] {
  const stamp = { deny: 'denies', warn: 'warns ', dryrun: 'noted ' }[reason.action];
  const lines = [`  ${stamp}  ${visible(reason.message)}`];
  if (evidence)
    lines.push(
      `          ${visible(evidence.comparison)}; ${evidence.source} ${evidence.advisory}${evidence.severitySource ? `, severity by ${evidence.severitySource}` : ''}`,
    );
  if (exception)
    lines.push(
      `          excepted by ${exception.name} (${exception.owner}, approved by ${exception.approver ?? 'nobody'}) until ${exception.until.slice(0, 10)}`,
    );
  if (graceUntil) lines.push(`          in its time of grace until ${time(graceUntil)} UTC`);
  return lines;
}
