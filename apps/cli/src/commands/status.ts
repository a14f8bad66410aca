/** pratique status: what is known and decided about an image. */
import { ImageStatus } from '@pratique/contract';
import type { Command } from 'commander';
import { type Context, openServer, writeResult } from '../context.ts';
import { CliError, EXIT } from '../exit.ts';
import { imagePath, readServerImage } from '../reference.ts';
import { formatCounts, formatTable, visible } from '../text.ts';

export function addStatus(program: Command, context: Context): void {
  program
    .command('status')
    .argument('<image>', 'ACCOUNT/NAME[:tag|@digest]')
    .description('the verdict on an image, why, and where it is')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  pratique status vendor/demo:patched\n  pratique status vendor/demo:patched --json | jq -r .verdict.decision\n\nAn answer is a success, whatever the verdict; pratique chain run exits with 1 when the image is denied.\n',
    )
    .action(async (text: string, options: { json?: boolean }) => {
      const { api } = await openServer(context);
      const status = await api.find(imagePath(readServerImage(text, api.url)), ImageStatus);
      if (!status) throw new CliError(EXIT.fault, `there is no image ${text} for you on ${api.url}`);
      writeResult(context, options.json, status, describeStatus);
    });
}

/** The image document in text. */
export function describeStatus(status: ImageStatus): string {
  const { verdict, chain } = status;
  const name = `${status.account}/${status.repository}${status.reference.includes(':') ? '@' : ':'}${status.reference}`;
  const lines = [`${name}  ${stampOf(status)}`, `  ${status.digest}`];
  if (verdict)
    lines.push(
      `  decided ${verdict.decidedAt.slice(0, 16).replace('T', ' ')} UTC, valid until ${verdict.validUntil.slice(0, 10)}`,
    );
  if (status.inventory)
    lines.push(
      `  ${status.inventory.distribution?.name ?? 'no distribution'}, ${status.inventory.packages} packages${status.inventory.missing.length > 0 ? `, ${status.inventory.missing.length} things not examined` : ''}`,
    );
  if (status.findings) lines.push(`  findings: ${formatCounts(status.findings)}; ${status.fixable ?? 0} with a fix`);
  for (const action of ['deny', 'warn'] as const) {
    const reasons = (verdict?.reasons ?? []).filter((reason) => reason.action === action);
    if (reasons.length > 0)
      lines.push(
        '',
        action === 'deny' ? 'Refused because' : 'Warnings',
        ...reasons.slice(0, 20).map((reason) => `  ${visible(reason.message)}`),
      );
    if (reasons.length > 20) lines.push(`  … and ${reasons.length - 20} more (--json has all)`);
  }
  if (chain.run)
    lines.push(
      '',
      `Chain ${chain.run.chain.name}: ${chain.state}`,
      formatTable(
        ['  STEP', 'STATE', 'WHAT CAME OUT'],
        chain.run.steps.map((step) => [`  ${step.name}`, step.state, step.error ?? step.summary ?? '']),
      ),
    );
  const repairs = describeRepairs(status);
  if (repairs.length > 0) lines.push('', ...repairs);
  if (status.runningIn.length > 0)
    lines.push(
      '',
      'Runs in',
      formatTable(
        ['  CLUSTER', 'NAMESPACE', 'WORKLOAD', 'POD', 'CONTAINER', 'SINCE'],
        status.runningIn.map((one) => [
          `  ${one.cluster}${one.isSilent ? ' (silent)' : ''}`,
          one.namespace,
          one.workload ? `${one.workload.kind} ${one.workload.name}` : '',
          one.pod,
          one.container,
          one.startedAt ? `${one.startedAt.slice(0, 16).replace('T', ' ')} UTC` : 'waits',
        ]),
      ),
    );
  if (status.deliveries.length > 0)
    lines.push(
      '',
      'Deliveries',
      ...status.deliveries.map(
        (receipt) =>
          `  ${receipt.side === 'sent' ? 'to' : 'from'} ${receipt.counterparty} as ${receipt.tag}, ${receipt.at.slice(0, 16).replace('T', ' ')} UTC`,
      ),
    );
  return lines.join('\n');
}

/** What it was repaired to, and what from. */
function describeRepairs({ digest, repairs }: ImageStatus): string[] {
  return repairs.map((one) => {
    const packages = `${one.upgraded} packages upgraded, ${one.left} left`;
    if (one.digest === digest) return `Repaired as ${one.repairedTag ?? one.repaired} (${packages})`;
    return `A repair of ${one.tag ?? ''} ${one.original ?? one.digest} (${packages})`;
  });
}

function stampOf({ verdict, chain }: ImageStatus): string {
  if (!verdict) return chain.state === 'none' ? 'NO VERDICT' : `NO VERDICT YET (chain ${chain.state})`;
  if (verdict.state !== 'valid') return verdict.state.toUpperCase();
  return verdict.decision === 'allow' ? 'ALLOWED' : 'REFUSED';
}
