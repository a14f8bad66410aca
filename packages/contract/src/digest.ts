/** Content digests as the OCI image specification writes them. */
import { z } from 'zod';

/** `sha256:` and 64 lower-case hex digits (OCI image-spec 1.1, descriptor.md, "Digests"). Other algorithms are refused. */
export const Digest = z.string().regex(/^sha256:[a-f0-9]{64}$/, 'a digest is sha256: and 64 lower-case hex digits');
export type Digest = string;

/** True for a digest that this platform stores. */
export function isDigest(text: string): boolean {
  return text.length === 71 && /^sha256:[a-f0-9]{64}$/.test(text);
}
