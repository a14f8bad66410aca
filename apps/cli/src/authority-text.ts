/** The certificate authority and its rotation in text. */
import type { AuthorityCertificate, AuthorityRotation } from '@pratique/contract';

const day = (iso: string) => iso.slice(0, 10);

export function describeAuthority(authority: AuthorityCertificate): string[] {
  const lines = [`valid until ${day(authority.endsAt)}, SHA-256 ${authority.fingerprint}`];
  if (authority.next)
    lines.push(
      `the next one is valid until ${day(authority.next.endsAt)}, SHA-256 ${authority.next.fingerprint}; it is handed out since ${day(authority.next.since)}, and issues once every cluster trusts it`,
    );
  if (authority.previous)
    lines.push(
      `the one before still counts, SHA-256 ${authority.previous.fingerprint}; for 31 days since ${day(authority.previous.since)}, or until pratique cluster ca --forget`,
    );
  return lines;
}

const WHY: Record<AuthorityRotation['lacking'][number]['why'], string> = {
  'not-there': 'agent or webhooks do not trust it yet',
  'not-told': 'its agent does not say what its webhooks trust; agents from before this version may not read them',
  'no-agent': 'no agent tells',
};

export function describeRotation(rotation: AuthorityRotation): string {
  const lines = describeAuthority(rotation);
  if (rotation.lacking.length === 0) lines.push('', 'Every cluster is known to trust the newest one.');
  else {
    lines.push('', 'Not known to trust the newest one:');
    for (const { account, cluster, why } of rotation.lacking) lines.push(`  ${account}/${cluster}: ${WHY[why]}`);
    lines.push(
      '',
      'Give their webhooks the new bundle, with the rights of a cluster administrator:',
      ...rotation.lacking.map(({ account, cluster }) => `  pratique cluster ca --patch ${account}/${cluster} | sh`),
    );
    if (rotation.next)
      lines.push(
        'When the last one tells that it has it, the next authority issues by itself. Where no agent tells: pratique cluster ca --finish',
      );
  }
  return lines.join('\n');
}
