/** English: what updates of the advisories changed. */
export const updates = {
  update: 'Update',
  number: (id: string) => `Update ${id}`,
  change: 'Change',
  changes: 'Changes',
  kinds: { affected: 'newly affected', cleared: 'newly cleared', changed: 'said otherwise' },
  said: 'What is said',
  fixIn: (version: string) => `fixed in ${version}`,
  noLonger: 'no longer a hole in this package',
  from: (before: string, after: string) => `${before} → ${after}`,
  fixFrom: (before: string, after: string) => `fix: ${before} → ${after}`,
  nowExploited: 'known to be exploited now',
  notExploited: 'no longer in the catalogue of attacks',
};
