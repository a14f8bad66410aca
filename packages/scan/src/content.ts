/** Images and folders, examined for secrets, malware and good practice while their inventory is taken. */
export { contentRevision, type Wanted } from './content/besides.ts';
export type { ContentFacts } from './content/content-facts.ts';
export { examineDirectory } from './content/examine-directory.ts';
export { examineImage } from './content/examine-image.ts';
export type { ExaminedImage } from './content/join-content.ts';
export { NO_OWN_RULES, type OwnRules, readRuleFile } from './content/own-rules.ts';
