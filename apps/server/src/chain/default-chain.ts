/** The chain of an account that has defined none. */
import { ChainDefinition } from '@pratique/contract';

export const DEFAULT_CHAIN: ChainDefinition = ChainDefinition.parse({
  name: 'default',
  repositories: ['**'],
  steps: [
    { name: 'inventory', kind: 'inventory' },
    { name: 'scan', kind: 'scan', needs: ['inventory'] },
    { name: 'gate', kind: 'gate', needs: ['scan'], on_deny: ['record-denial'] },
    { name: 'record-denial', kind: 'attest', with: { predicates: ['verdict'] } },
    { name: 'sign', kind: 'sign', needs: ['gate'] },
    {
      name: 'attest',
      kind: 'attest',
      needs: ['gate'],
      with: { predicates: ['verdict', 'spdx', 'cyclonedx', 'vulns', 'vex', 'provenance'] },
    },
    { name: 'deliver', kind: 'deliver', needs: ['sign', 'attest'] },
  ],
});
