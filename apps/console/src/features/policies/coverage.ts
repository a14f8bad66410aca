/** What an exception covers, in words. */
import { BreakGlassSelector, type Exception, FindingSelector, PolicySelector } from '@pratique/contract';
import type { Catalogue } from '../../catalogue/catalogue.ts';

type Words = Pick<Catalogue['policies'], 'coversFinding' | 'coversNamespaces'>;

/** `CVE-2026-1234 in openssl, web/**`; the selector as it is where it is of another kind. */
export function coverage(exception: Pick<Exception, 'kind' | 'selector'>, text: Words): string {
  const finding = FindingSelector.safeParse(exception.selector);
  if (exception.kind === 'finding' && finding.success) {
    const { id, package: name, repositories } = finding.data;
    return text.coversFinding(id, [name, ...repositories].filter(Boolean).join(', '));
  }
  const emergency = BreakGlassSelector.safeParse(exception.selector);
  if (exception.kind === 'break-glass' && emergency.success)
    return text.coversNamespaces(emergency.data.namespaces.join(', '), emergency.data.clusters.join(', '));
  const policy = PolicySelector.safeParse(exception.selector);
  return policy.success
    ? text.coversFinding(policy.data.constraint, policy.data.repositories.join(', '))
    : JSON.stringify(exception.selector);
}

/** What a pod template carries so that a break-glass lets it run. */
export function labelOf(name: string): string {
  return `metadata:\n  labels:\n    pratique.dev/break-glass: ${/^[\d.]+$/.test(name) ? `"${name}"` : name}`;
}
