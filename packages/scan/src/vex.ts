/** VEX: statements of those who know a product, read, applied and drafted. */
export { type PreparedVex, prepareVex, type VexSubject } from './vex/apply-vex.ts';
export { draftVex, JUSTIFICATIONS, type Justification, type VexDraft } from './vex/draft-vex.ts';
export { isVexPredicate, VEX_PREDICATE } from './vex/predicate.ts';
export { readVex } from './vex/read-vex.ts';
export { type StatedVex, stateVex } from './vex/state-vex.ts';
export type { VexDocument, VexProduct, VexStatement } from './vex/statement.ts';
