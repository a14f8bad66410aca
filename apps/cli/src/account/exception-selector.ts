/** What an exception is about, from the options that name it. */
import { CliError, EXIT } from '../exit.ts';

export type Named = {
  id?: string;
  constraint?: string;
  package?: string;
  secret?: string;
  secretKind?: string;
  malware?: string;
  check?: string;
  path?: string;
  sha256?: string;
};

type Selector = { kind: string; selector: Record<string, string | undefined> };

/** @throws CliError usage unless just one thing is named, with what limits it */
export function selectorOf({ path, sha256, ...named }: Named): Selector {
  const found: Selector[] = [];
  if (named.id !== undefined) found.push({ kind: 'finding', selector: { id: named.id, package: named.package } });
  if (named.constraint !== undefined) found.push({ kind: 'policy', selector: { constraint: named.constraint } });
  if (named.secret !== undefined || named.secretKind !== undefined)
    found.push({ kind: 'secret', selector: { fingerprint: named.secret, kind: named.secretKind, path } });
  if (named.malware !== undefined) found.push({ kind: 'malware', selector: { rule: named.malware, path, sha256 } });
  if (named.check !== undefined) found.push({ kind: 'baseline', selector: { check: named.check } });
  const [one, ...more] = found;
  if (!one || more.length > 0)
    throw new CliError(
      EXIT.usage,
      'name one thing: a finding (--id), a policy (--constraint), a secret (--secret, or --secret-kind with --path), malware (--malware with --path or --sha256) or a check (--check)',
    );
  const taken = one.selector;
  if (path !== undefined && !('path' in taken)) refuse('--path limits secrets and malware alone');
  if (sha256 !== undefined && !('sha256' in taken)) refuse('--sha256 limits malware alone');
  if (named.package !== undefined && one.kind !== 'finding') refuse('--package limits findings alone');
  if (one.kind === 'secret' && named.secret === undefined && path === undefined)
    refuse('--secret-kind needs --path: not all secrets of a kind are accepted at once');
  if (one.kind === 'malware' && path === undefined && sha256 === undefined)
    refuse('--malware needs --path or --sha256: not every match of a rule is accepted at once');
  return one;
}

function refuse(message: string): never {
  throw new CliError(EXIT.usage, message);
}
