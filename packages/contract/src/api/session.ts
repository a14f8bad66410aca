/** Signing in, and who I am. */
import { z } from 'zod';
import { Role } from '../role.ts';

export const AccountName = z
  .string()
  .regex(/^[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*$/, 'lower-case letters, digits, dots, dashes')
  .max(60);
export const PersonName = z.string().regex(/^[a-z0-9][a-z0-9._@-]{0,99}$/, 'lower-case letters, digits, . _ @ -');
export const Password = z.string().min(8, 'has at least 8 characters').max(200);

export const LoginRequest = z.object({
  user: z.string().min(1).max(100),
  password: z.string().min(1).max(300),
  kind: z.enum(['browser', 'cli']).default('cli'),
});

export const Me = z.object({
  id: z.string(),
  name: z.string(),
  admin: z.boolean(),
  accounts: z.array(z.object({ name: z.string(), role: Role })),
});
export type Me = z.infer<typeof Me>;

/** `token` is null for a browser, whose session is a cookie. */
export const LoginAnswer = z.object({ token: z.string().nullable(), expiresAt: z.string(), me: Me });
export type LoginAnswer = z.infer<typeof LoginAnswer>;

/** Every error of /api: a sentence, a code to program against, and the id to ask about. */
export const ApiError = z.object({
  error: z.object({
    code: z.string(),
    message: z.string(),
    details: z.record(z.string(), z.unknown()),
    requestId: z.string(),
  }),
});
export type ApiError = z.infer<typeof ApiError>;
