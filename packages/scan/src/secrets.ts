/** Secrets: found in files and configurations, joined over layers, allowed for a time, with rules of others. */
export { KINDS, SECRETS_REVISION } from './secrets/catalog/list.ts';
export {
  createSecretExaminer,
  type ExaminedFile,
  type SecretExaminer,
  type SecretExaminerOptions,
  type SecretMatch,
  type SecretNote,
} from './secrets/examiner.ts';
export type { UserRule } from './secrets/import/user-rule.ts';
export type { FileKind, Found, KeywordKind, Kind, Random, Sample } from './secrets/kind.ts';
