/** The rules of one account that verdicts are decided by; read once, whatever number of images they then decide on. */
import type { Bundle } from '@pratique/policy';
import type { Tx } from '../db/connect.ts';
import { readVexInForce, type VexCache, type VexInForce } from '../vex/in-force.ts';
import { readAccountBundle } from './account-policy.ts';
import { type GateInputs, readCurrentInputs } from './current-inputs.ts';
import { type ActiveException, readActiveExceptions } from './exceptions.ts';

export type Rules = {
  accountId: string;
  inputs: GateInputs;
  bundle: Bundle;
  exceptions: readonly ActiveException[];
  vex: VexInForce;
};

export type RuleCaches = { bundles: BundleCache; vex: VexCache };

/** Bundles by their digest, the least recently used first; a bundle never changes. */
export type BundleCache = Map<string, Bundle>;

const MAX_BUNDLES = 64;

/** @throws Error while policies, advisories or catalogers are not ready */
export async function readRules(tx: Tx, accountId: string, { bundles, vex }: RuleCaches): Promise<Rules> {
  const inputs = await readCurrentInputs(tx, accountId);
  const bundle = inputs && (bundles.get(inputs.bundle) ?? (await readBundle(tx, accountId, inputs.bundle)));
  if (!inputs || !bundle) throw new Error('policies, advisories or catalogers are not ready yet');
  keep(bundles, inputs.bundle, bundle);
  return {
    accountId,
    inputs,
    bundle,
    exceptions: await readActiveExceptions(tx, accountId),
    vex: await readVexInForce(tx, accountId, vex),
  };
}

/** null when the account has another bundle by now. */
async function readBundle(tx: Tx, accountId: string, digest: string): Promise<Bundle | null> {
  const stored = await readAccountBundle(tx, accountId);
  return stored?.digest === digest ? stored.bundle : null;
}

function keep(bundles: BundleCache, digest: string, bundle: Bundle): void {
  bundles.delete(digest);
  bundles.set(digest, bundle);
  const [oldest] = bundles.keys();
  if (bundles.size > MAX_BUNDLES && oldest !== undefined) bundles.delete(oldest);
}
