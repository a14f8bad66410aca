/** Checks of good practice on an image's configuration and contents. */
export type { Check } from './baseline/check.ts';
export type { BaselineSubject } from './baseline/facts.ts';
export { BASELINE_CHECKS, BASELINE_REVISION, checksOf } from './baseline/list.ts';
export { runBaseline } from './baseline/run-baseline.ts';
export { BASELINE_KEEP_BYTES, baselineWants } from './baseline/wants.ts';
