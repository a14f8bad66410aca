/** English: what updates of the advisories changed. */
export const updates = {
  tab: 'Updates',
  title: 'What updates changed',
  lead: (days: string) =>
    `Updates of the advisories that said something else of a package that an image of this account holds, the newest first. They are kept for ${days} days.`,
  none: 'No update has changed anything here',
  noneHint:
    'When an update of the advisories makes an image affected, or clears one, it stands here with whom it touches. How old the advisories are:',
  states: { running: 'being matched', finished: 'finished', overtaken: 'overtaken by a newer one' },
  notes: {
    running: 'Packages are still being matched: these numbers may grow.',
    overtaken: 'A newer update came before all packages were matched: what it would have changed stands there.',
  },
  holes: 'Holes',
  packages: 'Packages',
  fromSnapshot: 'Snapshot before',
  sameSnapshot: '(the same data, matched by a newer version of this server)',
  sums: { affected: 'Newly affected', cleared: 'Newly cleared' },
  says: (affects: string, clears: string) => `${affects} ${clears}`,
  affects: (shown: string, images: number) =>
    images === 0
      ? 'It made no image affected by anything new.'
      : `It made ${images === 1 ? 'one image' : `${shown} images`} affected by something new.`,
  clears: (shown: string, images: number) =>
    images === 0
      ? 'It cleared no image of anything.'
      : `It cleared ${images === 1 ? 'one image' : `${shown} images`} of something.`,
  onlyChanged: (shown: string, holes: number) =>
    `No image is newly affected or cleared; of ${holes === 1 ? 'one hole' : `${shown} holes`} something else is said.`,
  rows: 'In detail',
  anyChange: 'Any change',
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
