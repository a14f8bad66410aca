/** What is in the contents of an image, as one examination found it. */
import { z } from 'zod';
import { BaselineResult } from './baseline.ts';
import { MalwareMatch, Unexamined } from './malware.ts';
import { Secret } from './secret.ts';

export const ExaminedContents = z.object({
  secrets: z.array(Secret),
  malware: z.array(MalwareMatch),
  unexamined: z.array(Unexamined),
  baseline: z.array(BaselineResult),
});
export type ExaminedContents = z.infer<typeof ExaminedContents>;
