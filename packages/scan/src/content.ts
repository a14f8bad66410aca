/** Contents of images and folders, examined for secrets and malware while their inventory is taken. */
export type { ContentFacts } from './content/content-facts.ts';
export { examineDirectory } from './content/examine-directory.ts';
export { contentRevision, examineImage } from './content/examine-image.ts';
export type { ContentWanted } from './content/inspect-content.ts';
export type { ExaminedImage } from './content/join-content.ts';
