/** Writes what is stated of an image's findings as an OpenVEX document of its own. */
import type { Finding } from '@pratique/contract';

export type StatedVex = {
  /** The image, as OpenVEX names products. */
  product: string;
  id: string;
  author: string;
  /** ISO 8601. */
  at: string;
};

/**
 * One statement for each hole and what is stated of it, about the packages that have it; findings without a statement are
 * left out.
 * @see OPENVEX-SPEC.md 0.2, "Statement Structs"
 */
export function stateVex(
  findings: readonly Finding[],
  { product, id, author, at }: StatedVex,
): Record<string, unknown> {
  const groups = new Map<string, Finding[]>();
  for (const finding of findings) {
    if (!finding.vex) continue;
    const { status, justification, statement, at: said } = finding.vex;
    const key = JSON.stringify([finding.id, status, justification, statement, said]);
    groups.set(key, [...(groups.get(key) ?? []), finding]);
  }
  return {
    '@context': 'https://openvex.dev/ns/v0.2.0',
    '@id': id,
    author,
    timestamp: at,
    version: 1,
    tooling: 'pratique',
    statements: [...groups.values()].flatMap((group) => {
      const [first] = group;
      return first?.vex ? [statementOf(first, first.vex, group, product)] : [];
    }),
  };
}

function statementOf(
  { id, aliases }: Finding,
  { status, justification, statement, at }: NonNullable<Finding['vex']>,
  group: readonly Finding[],
  product: string,
): Record<string, unknown> {
  const purls = [...new Set(group.map((one) => one.package.purl))].sort();
  return {
    vulnerability: { name: id, ...(aliases.length > 0 ? { aliases } : {}) },
    ...(at === null ? {} : { timestamp: at }),
    products: [{ '@id': product, subcomponents: purls.map((purl) => ({ '@id': purl })) }],
    status,
    ...(status === 'not_affected' && justification !== null ? { justification } : {}),
    ...(statement === null
      ? {}
      : status === 'affected'
        ? { action_statement: statement }
        : { [status === 'not_affected' ? 'impact_statement' : 'status_notes']: statement }),
  };
}
