/** Drafts an OpenVEX document from what was found; what it says in the end is for a person to decide. */
import type { Package, RankedFinding } from '@pratique/contract';

/** OpenVEX's reasons for `not_affected`. @see OPENVEX-SPEC.md, "Status Justifications" */
export const JUSTIFICATIONS = [
  'component_not_present',
  'vulnerable_code_not_present',
  'vulnerable_code_not_in_execute_path',
  'vulnerable_code_cannot_be_controlled_by_adversary',
  'inline_mitigations_already_exist',
] as const;
export type Justification = (typeof JUSTIFICATIONS)[number];

export type VexDraft = {
  /** The image, as OpenVEX names products. */
  product: string;
  author: string;
  /** ISO 8601. */
  at: string;
  /** A person's decision; null leaves every statement under investigation. */
  decision: {
    status: 'not_affected' | 'affected' | 'fixed';
    justification: Justification | null;
    reason: string;
  } | null;
};

/** One statement for each hole, about the packages of the image that have it, with the evidence as a note of status. */
export function draftVex(
  findings: readonly RankedFinding[],
  packages: readonly Package[],
  { product, author, at, decision }: VexDraft,
): Record<string, unknown> {
  const holes = new Map<string, RankedFinding[]>();
  for (const finding of findings) holes.set(finding.id, [...(holes.get(finding.id) ?? []), finding]);
  const paths = new Map(packages.map((each) => [each.purl, each.paths]));
  return {
    '@context': 'https://openvex.dev/ns/v0.2.0',
    '@id': `https://openvex.dev/docs/public/pratique-${at.replace(/[^0-9]/g, '')}`,
    author,
    timestamp: at,
    version: 1,
    tooling: 'pratique vex draft',
    statements: [...holes].map(([id, group]) => ({
      vulnerability: { name: id, ...(group[0]?.aliases.length ? { aliases: group[0].aliases } : {}) },
      products: [
        {
          '@id': product,
          subcomponents: [...new Set(group.map((one) => one.package.purl))].map((purl) => ({ '@id': purl })),
        },
      ],
      status: decision?.status ?? 'under_investigation',
      ...(decision?.justification ? { justification: decision.justification } : {}),
      ...(decision?.status === 'not_affected' ? { impact_statement: decision.reason } : {}),
      ...(decision?.status === 'affected' ? { action_statement: decision.reason } : {}),
      status_notes: group.map((one) => note(one, paths.get(one.package.purl) ?? [])).join(' '),
    })),
  };
}

function note({ evidence, fixedVersion, exploited }: RankedFinding, paths: readonly string[]): string {
  const parts = [
    `${evidence.comparison} by ${evidence.source} ${evidence.advisory}.`,
    paths.length > 0 ? `Found in ${paths.slice(0, 3).join(', ')}.` : '',
    fixedVersion === null ? 'There is no fix yet.' : `Fixed in ${fixedVersion}.`,
    exploited ? 'It is known to be exploited.' : '',
  ];
  return parts.filter(Boolean).join(' ');
}
