export { type FeedSource, type ImportOptions, type ImportResult, importAdvisories } from './advisories/import.ts';
export { ensureSeed } from './advisories/seed.ts';
export { type Advisory, type AdvisoryStore, openAdvisoryStore, type SourceSummary } from './advisories/store.ts';
export { CATALOGER_REVISION } from './catalogers/list.ts';
export { releaseOf, type Support, supportOf } from './distributions.ts';
export * from './error.ts';
export * from './inventory/inventory-image.ts';
export { type MatchResult, matchInventory } from './match.ts';
export { compareVersions, type SchemeName } from './versions/compare.ts';
