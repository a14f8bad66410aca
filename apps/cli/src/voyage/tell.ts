/** How the voyage tells what happens. */
import type { ImageStatus } from '@pratique/contract';
import type { Context } from '../context.ts';
import { visible } from '../text.ts';

const SHOWN_IDS = 12;

export function tell(context: Context) {
  return {
    step: (text: string) => context.out(`\n● ${text}\n`),
    detail: (text: string) => context.out(`  ${visible(text)}\n`),
    verdict(status: ImageStatus) {
      const { verdict, chain } = status;
      for (const step of chain.run?.steps ?? [])
        if (step.summary && step.state !== 'skipped')
          context.out(`  ${step.name.padEnd(14)} ${visible(step.summary).slice(0, 200)}\n`);
      if (verdict?.decision === 'deny') context.out(`  refused for    ${cveIds(status)}\n`);
    },
    nothingBehind: (status: ImageStatus) =>
      context.out(
        `  ${status.account}/${status.repository}:${status.reference} is allowed: the release alone is not behind its security updates today\n`,
      ),
  };
}

/** The distinct ids that the gate names, the first of them spelt out. */
function cveIds(status: ImageStatus): string {
  const ids = [
    ...new Set(
      (status.verdict?.reasons ?? [])
        .filter((reason) => reason.action === 'deny')
        .flatMap((reason) => (typeof reason.details['id'] === 'string' ? [reason.details['id']] : [])),
    ),
  ];
  return ids.length > SHOWN_IDS
    ? `${ids.slice(0, SHOWN_IDS).join(', ')} and ${ids.length - SHOWN_IDS} more`
    : ids.join(', ') || 'reasons that npx pratique status shows';
}

/** `✔ ALLOWED  vendor/demo:patched  …` */
export function stampLine(status: ImageStatus): string {
  const name = `${status.account}/${status.repository}:${status.reference}`.padEnd(26);
  if (!status.verdict) return `  ?  NO VERDICT  ${name}`;
  const warnings = status.verdict.reasons.filter((reason) => reason.action === 'warn').length;
  return status.verdict.decision === 'allow'
    ? `  ✔  ALLOWED     ${name}  signed, valid until ${status.verdict.validUntil.slice(0, 10)}${warnings > 0 ? `, ${warnings} ${warnings === 1 ? 'warning' : 'warnings'}` : ''}`
    : `  ✘  REFUSED     ${name}  ${cveIds(status)}`;
}
