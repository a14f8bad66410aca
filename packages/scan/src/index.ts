export { CATALOGER_REVISION } from './catalogers/list.ts';
export * from './error.ts';
export * from './inventory/inventory-image.ts';
export { compareVersions, type SchemeName } from './versions/compare.ts';
