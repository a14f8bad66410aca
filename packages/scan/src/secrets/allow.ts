/** Which secrets may be there: for a reason, by somebody, until a day. */
import { matchesPattern, type Secret, type SecretAllow } from '@pratique/contract';

export type AllowedSecret = { secret: Secret; rule: SecretAllow };

export type AllowResult = {
  /** Those that no rule allows. */
  left: Secret[];
  allowed: AllowedSecret[];
  /** Rules that have ended: what they allowed counts again. */
  expired: SecretAllow[];
  /** Rules in force that allow nothing. */
  unused: SecretAllow[];
};

/** @param today `2026-11-22`, in UTC; a rule holds on the day that it expires on */
export function allowSecrets(secrets: readonly Secret[], rules: readonly SecretAllow[], today: string): AllowResult {
  const expired = rules.filter((rule) => rule.expires < today);
  const inForce = rules.filter((rule) => rule.expires >= today);
  const used = new Set<SecretAllow>();
  const left: Secret[] = [];
  const allowed: AllowedSecret[] = [];
  for (const secret of secrets) {
    const rule = inForce.find((each) => allows(each, secret));
    if (rule) {
      used.add(rule);
      allowed.push({ secret, rule });
    } else left.push(secret);
  }
  return { left, allowed, expired, unused: inForce.filter((rule) => !used.has(rule)) };
}

/** A secret of which not all places are known is allowed by no path. */
function allows(rule: SecretAllow, secret: Secret): boolean {
  if (rule.kind === undefined && rule.fingerprint === undefined && rule.path === undefined) return false;
  if (rule.kind !== undefined && rule.kind !== secret.id) return false;
  if (rule.fingerprint !== undefined && rule.fingerprint !== secret.fingerprint) return false;
  const { path } = rule;
  if (path === undefined) return true;
  const pattern = path.replace(/^\//, '');
  return (
    secret.placeCount === secret.places.length && secret.places.every((place) => matchesPattern(pattern, place.path))
  );
}
