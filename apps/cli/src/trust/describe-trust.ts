/** Trust decisions as text for people. */
import type { ForeignImage, TrustRuleResult } from '@pratique/contract';
import { formatTable } from '../text.ts';

/** Each rule with what it asks for and which signatures were looked at. */
export function describeRules(rules: readonly TrustRuleResult[]): string {
  return rules
    .flatMap((rule) => [
      `${mark(rule.satisfied)} rule ${rule.rule}`,
      ...rule.requirements.flatMap((one) => [
        `  ${mark(one.satisfied)} ${one.predicateType ?? 'signature'}: ${one.counted} of ${one.needed}`,
        ...one.authorities.flatMap((authority) => [
          `    ${mark(authority.satisfied)} ${authority.authority}`,
          ...authority.looked
            .slice(0, 5)
            .map(
              (looked) =>
                `        ${looked.manifest.slice(0, 19)} ${looked.form}: ${looked.reason ?? `by ${looked.signer}`}`,
            ),
        ]),
      ]),
    ])
    .join('\n');
}

const mark = (good: boolean) => (good ? '+' : '-');

export function foreignTable(images: readonly ForeignImage[]): string {
  return formatTable(
    ['IMAGE', 'STATE', 'DIGEST', 'EXAMINED', 'WHY'],
    images.map((one) => [
      `${one.name}${one.reference.startsWith('sha256:') ? '@' : ':'}${one.reference.slice(0, 40)}`,
      one.state,
      one.digest?.slice(0, 19) ?? '–',
      one.examinedAt?.slice(0, 16).replace('T', ' ') ?? '–',
      one.reasons[0]?.slice(0, 100) ?? '',
    ]),
  );
}
