/** Secrets: found in files and configurations, joined over layers, allowed for a time. */
export { type AllowedSecret, type AllowResult, allowSecrets } from './secrets/allow.ts';
export { KINDS, SECRETS_REVISION } from './secrets/catalog/list.ts';
export { examineConfiguration, type HistoryEntry } from './secrets/configuration.ts';
export {
  createSecretExaminer,
  type ExaminedFile,
  type SecretExaminer,
  type SecretExaminerOptions,
  type SecretMatch,
  type SecretNote,
} from './secrets/examiner.ts';
export { importGitleaks } from './secrets/import/gitleaks.ts';
export type { RuleSet } from './secrets/import/rule-set.ts';
export { importTrivy } from './secrets/import/trivy.ts';
export type { UserRule } from './secrets/import/user-rule.ts';
export {
  type JoinedSecrets,
  type JoinOptions,
  joinSecrets,
  type LayerMatches,
  MAX_PLACES,
  MAX_SECRETS,
} from './secrets/join-layers.ts';
export type { FileKind, Found, KeywordKind, Kind, Random, Sample } from './secrets/kind.ts';
