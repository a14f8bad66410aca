/** What only some roles may do; the others read who can grant it. */
import type { Role } from '@pratique/contract';
import type { ReactNode } from 'react';
import { useText } from '../catalogue/use-text.ts';
import { useAccount } from './session.ts';

export function OnlyFor({ role, children }: { role: Role; children: ReactNode }) {
  const { states, words } = useText();
  const { account, may } = useAccount();
  return may(role) ? children : <span className="quiet">{states.needsRole(words.roles[role], account)}</span>;
}
