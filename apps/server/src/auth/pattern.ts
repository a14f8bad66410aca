/** Repository patterns of grants, contracts and exceptions. */
export { matchesAny, matchesPattern } from '@pratique/contract';
