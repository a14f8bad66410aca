export {
  ARCHIVES,
  type ArchiveDeps,
  type ArchiveName,
  type ArchivePlace,
  type ArchiveRequest,
  type ArchiveSuite,
  readArchive,
} from './archive/read-archive.ts';
export { type ComposeDeps, type ComposedImage, type ComposedPackage, type ComposePhase, compose } from './compose.ts';
export { ComposeError, type ComposeErrorCode } from './error.ts';
export type { ScriptResult, ScriptStatus } from './install/run-script.ts';
export type { Provenance } from './provenance.ts';
export { imageForPlatform, readBase } from './rebase/read-base.ts';
export { beginsWith, type RebasedImage, type RebaseOptions, rebaseImage } from './rebase/rebase.ts';
export { type RebasedIndex, rebaseIndex } from './rebase/rebase-index.ts';
export { BASE_DIGEST, BASE_NAME } from './rebase/write-rebased.ts';
export type { RepairPhase, RepositoryPlace, WantedPackage } from './repair/family.ts';
export { REPAIR_LAYER, REPAIRED_FROM } from './repair/image/write-image.ts';
export { describeRepair, type RepairBuild } from './repair/provenance.ts';
export { type RepairedImage, type RepairOptions, repairImage } from './repair/repair.ts';
export { type RepairedChild, type RepairedIndex, repairIndex } from './repair/repair-index.ts';
export { openRuncSandbox, type RuncOptions } from './repair/sandbox/runc.ts';
export type { Sandbox } from './repair/sandbox/sandbox.ts';
export type { SmokeOptions } from './repair/sandbox/smoke-start.ts';
export { ComposeRequest } from './request.ts';
