/** What can be asked for. */
import { z } from 'zod';
import { ComposeError } from './error.ts';

export const ARCHITECTURES = ['amd64', 'arm64', 'armhf', 'i386', 'ppc64el', 's390x', 'riscv64'] as const;

const PackageName = z
  .string()
  .max(200)
  .regex(/^[a-z0-9][a-z0-9+.-]+$/, 'not a package name');
const Text = z
  .string()
  .max(32_768)
  .refine((text) => !text.includes('\0'), 'must not hold a null character');

export const ComposeRequest = z.object({
  suite: z
    .string()
    .max(100)
    .regex(/^[a-z][a-z0-9.-]*$/, 'not a suite such as bookworm'),
  include: z.array(PackageName).max(1000),
  /** Also read the suite's security archive. */
  security: z.boolean(),
  /** Also read the suite's updates. */
  updates: z.boolean().optional(),
  exclude: z.array(PackageName).max(1000).optional(),
  architecture: z.enum(ARCHITECTURES).optional(),
  user: z
    .string()
    .max(200)
    .regex(/^[A-Za-z0-9_][A-Za-z0-9_.-]*(:[A-Za-z0-9_][A-Za-z0-9_.-]*)?$/, 'not user or user:group')
    .optional(),
  entrypoint: z.array(Text).max(1000).optional(),
  cmd: z.array(Text).max(1000).optional(),
  env: z
    .array(Text.regex(/^[^=]+=/, 'not NAME=VALUE'))
    .max(1000)
    .optional(),
  labels: z.record(z.string().max(1000), Text).optional(),
  workdir: Text.regex(/^\//, 'not an absolute path').optional(),
  add: z
    .array(z.object({ from: z.string().min(1), to: z.string().regex(/^\//, 'not an absolute path') }))
    .max(100)
    .optional(),
  mirror: z.string().max(1000).optional(),
  securityMirror: z.string().max(1000).optional(),
  keyring: z.string().max(1000).optional(),
});
export type ComposeRequest = z.input<typeof ComposeRequest>;

/** @throws ComposeError `request-invalid`, naming the field */
export function readRequest(request: ComposeRequest): z.output<typeof ComposeRequest> {
  const result = ComposeRequest.safeParse(request);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new ComposeError(
    'request-invalid',
    `${issue?.path.join('.') || 'the request'}: ${issue?.message ?? 'invalid'}`,
  );
}
