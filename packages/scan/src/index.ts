export { type AdvisoryChange, changesBetween, isOfCves } from './advisories/changes.ts';
export {
  FEED_SOURCES,
  type FeedSource,
  type ImportOptions,
  type ImportResult,
  importAdvisories,
} from './advisories/import.ts';
export { ensureSeed } from './advisories/seed.ts';
export {
  type Advisory,
  type AdvisoryStore,
  keepSnapshot,
  type Likelihood,
  openAdvisoryStore,
  openSnapshotOf,
  type SourceSummary,
} from './advisories/store.ts';
export { candidatesKey, type Target } from './candidates/candidate.ts';
export { type IndexImport, importIndexes, type Unxz } from './candidates/import-indexes.ts';
export { type CandidateLookUp, lookUpCandidates, withCandidates } from './candidates/look-up.ts';
export { Offers, type SuiteState } from './candidates/offers.ts';
export { outdatedPackages } from './candidates/outdated.ts';
export { publishCandidates } from './candidates/publish-candidates.ts';
export { CATALOGER_REVISION } from './catalogers/list.ts';
export { releaseOf, type Support, supportOf } from './distributions.ts';
export * from './error.ts';
export { inventoryDirectory } from './inventory/inventory-directory.ts';
export { type InventoryOptions, inventoryImage } from './inventory/inventory-image.ts';
export { boundLayers, rememberLayers } from './inventory/layer-folder.ts';
export { askedFor, MATCHER_REVISION, type MatchResult, matchInventory } from './match.ts';
export { type Exposure, type PriorityContext, prioritise } from './priority/prioritise.ts';
export { compareScans, type ScanComparison } from './report/compare-scans.ts';
export { explainHole, type HoleReason } from './report/explain-hole.ts';
export { inventorySbom } from './sbom/read-sbom.ts';
export type { SbomSubject } from './sbom/subject.ts';
export { toCycloneDx } from './sbom/to-cyclonedx.ts';
export { toSpdx } from './sbom/to-spdx.ts';
export { toVulnsPredicate, VULNS_PREDICATE_TYPE, type VulnsInput } from './sbom/to-vulns.ts';
export { type Subject, subjectOf } from './subject.ts';
export { compareVersions, type SchemeName } from './versions/compare.ts';
