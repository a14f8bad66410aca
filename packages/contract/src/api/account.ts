/** Accounts, people, members, robots, audit. */
import { z } from 'zod';
import { Role } from '../role.ts';
import { AccountName, Password, PersonName } from './session.ts';

export const AccountSummary = z.object({
  name: z.string(),
  role: Role,
  repositories: z.number().int(),
  images: z.number().int(),
  createdAt: z.string(),
});
export type AccountSummary = z.infer<typeof AccountSummary>;
export const NewAccount = z.object({ name: AccountName });

export const Person = z.object({ name: z.string(), admin: z.boolean(), disabled: z.boolean(), createdAt: z.string() });
export type Person = z.infer<typeof Person>;
export const NewPerson = z.object({ name: PersonName, password: Password, admin: z.boolean().default(false) });
export const PersonChange = z.object({ password: Password.optional(), disabled: z.boolean().optional() });

export const Member = z.object({ name: z.string(), role: Role, since: z.string() });
export type Member = z.infer<typeof Member>;
export const MemberChange = z.object({ role: Role });

export const Robot = z.object({
  name: z.string(),
  role: Role,
  repositories: z.array(z.string()),
  createdBy: z.string(),
  createdAt: z.string(),
  expiresAt: z.string(),
  revokedAt: z.string().nullable(),
});
export type Robot = z.infer<typeof Robot>;
export const NewRobot = z.object({
  name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,59}$/),
  role: z.enum(['maintainer', 'developer', 'reader']),
  repositories: z.array(z.string().min(1).max(200)).min(1).max(50).default(['**']),
  days: z.number().int().min(1).max(730).default(90),
});
/** The token is shown this once. */
export const NewRobotAnswer = z.object({ robot: Robot, user: z.string(), token: z.string() });
export type NewRobotAnswer = z.infer<typeof NewRobotAnswer>;

export const AuditEntry = z.object({
  id: z.number(),
  at: z.string(),
  actor: z.string(),
  action: z.string(),
  subject: z.string(),
  detail: z.record(z.string(), z.unknown()),
  requestId: z.string(),
  address: z.string().nullable(),
});
export type AuditEntry = z.infer<typeof AuditEntry>;
