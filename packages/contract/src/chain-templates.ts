/** Chains to begin with; each is a whole definition that may be changed. */
import { ChainDefinition } from './chain.ts';

export const CHAIN_TEMPLATES = ['strict', 'repair-then-deliver', 'dry-run'] as const;
export type ChainTemplate = (typeof CHAIN_TEMPLATES)[number];

export type TemplateValues = {
  name: string;
  repositories: readonly string[];
  /** `ACCOUNT/NAME[:tag]` each; none: nothing is delivered. */
  deliverTo?: readonly string[];
};

const PREDICATES = ['verdict', 'spdx', 'cyclonedx', 'vulns', 'vex', 'provenance'];

/**
 * `strict`: what is denied stays so, and what is allowed is signed once two maintainers have agreed. `repair-then-deliver`: what is
 * denied is mended in an image of its own, which a run of its own judges. `dry-run`: the gate judges and a repair says what
 * it would do; nothing is signed, mended or delivered.
 *
 * @throws ZodError where the values make no chain
 */
export function chainFromTemplate(template: ChainTemplate, values: TemplateValues): ChainDefinition {
  const { name, repositories, deliverTo = [] } = values;
  return ChainDefinition.parse({ name, repositories, steps: STEPS[template](deliverTo) });
}

const LOOK = [
  { name: 'inventory', kind: 'inventory' },
  { name: 'scan', kind: 'scan', needs: ['inventory'] },
];
const RECORD = { name: 'record-denial', kind: 'attest', with: { predicates: ['verdict'] } };

const publish = (after: string, to: readonly string[]) => [
  { name: 'sign', kind: 'sign', needs: [after] },
  { name: 'attest', kind: 'attest', needs: [after], with: { predicates: PREDICATES } },
  ...(to.length > 0 ? [{ name: 'deliver', kind: 'deliver', needs: ['sign', 'attest'], with: { to } }] : []),
];

const STEPS: Record<ChainTemplate, (to: readonly string[]) => unknown[]> = {
  strict: (to) => [
    ...LOOK,
    { name: 'gate', kind: 'gate', needs: ['scan'], on_deny: ['record-denial'] },
    RECORD,
    { name: 'approve', kind: 'approval', needs: ['gate'], with: { approvals: 2, expires_hours: 72 } },
    ...publish('approve', to),
  ],
  'repair-then-deliver': (to) => [
    ...LOOK,
    { name: 'gate', kind: 'gate', needs: ['scan'], on_deny: ['record-denial', 'repair'] },
    RECORD,
    { name: 'repair', kind: 'repair', with: { upgrades: 'all', tag: 'suffix' } },
    ...publish('gate', to),
  ],
  'dry-run': () => [
    ...LOOK,
    { name: 'gate', kind: 'gate', needs: ['scan'], on_deny: ['preview'] },
    { name: 'preview', kind: 'repair', with: { preview: true } },
  ],
};
