/** What is found in the content of one file; facts about bytes, remembered with the layer. */
import type { MalwareMatch, Unexamined } from '@pratique/contract';
import type { SecretMatch } from '../secrets/examiner.ts';

/** Contents of files, as far as they are looked at. */
export type FileContent = {
  /** Path in the image; members of archives behind it. */
  path: string;
  mode: number;
  /** Of the whole file. */
  size: number;
  content: Buffer;
  /** Bytes of the middle that are not in `content`. */
  skipped: number;
};

export type ContentFacts = {
  secrets: SecretMatch[];
  /** Their layer is not known to who examines a content. */
  malware: MalwareMatch[];
  unexamined: Unexamined[];
};

export const hasFacts = ({ secrets, malware, unexamined }: ContentFacts): boolean =>
  secrets.length > 0 || malware.length > 0 || unexamined.length > 0;
