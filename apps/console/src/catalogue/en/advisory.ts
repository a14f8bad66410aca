/** English: the page of one advisory. */
export const advisory = {
  what: 'the advisory and whom it touches',
  sentences: (touched: string, running: string, next: string) => `${touched} ${running} ${next}`,
  touched: (count: string, images: number) =>
    images === 1 ? 'One image of this account has it now.' : `${count} images of this account have it now.`,
  running: (count: string, containers: number) =>
    containers === 1 ? 'One container runs such an image.' : `${count} containers run such an image.`,
  notRunning: 'No container that is known of runs one of them.',
  cleared: (count: string, images: number) =>
    images === 1
      ? 'No image of this account has it now. One had it, until an update of the advisories cleared it.'
      : `No image of this account has it now. ${count} had it, until an update of the advisories cleared it.`,
  untouched: 'It is known, and no package that was found in an image of this account has it.',
  update: 'Build them anew with versions that have the fix.',
  updateNow: 'Attackers use it: build them anew now, with versions that have the fix.',
  noFix: 'No source knows a fix. Wait for one with an exception that ends, or take the package out.',
  noFixExploited:
    'Attackers use it, and no source knows a fix: take the package out, or keep what runs out of their reach.',
  doNothing: 'Its number was taken back, so there is nothing to do unless a source says otherwise.',
  unknownTitle: 'No source of advisories knows this name',
  unknownLead: 'That says nothing about your images: whether one has it is not known.',
  unknownHint:
    'It may be misspelt, too new for the last update, or about something that none of the sources covers. How old the sources are, and the same question in a terminal:',
  likelihood: 'Likelihood (EPSS)',
  likelihoodIs: (probability: string, percentile: string) =>
    `${probability} that somebody attacks it in the next 30 days; higher than for ${percentile} of all`,
  likelihoodUnknown: 'not known',
  attacks: 'Attacks',
  attacked: 'known',
  notAttacked: 'none known',
  attackedLong: 'Known to be exploited: it is in CISA’s catalogue',
  notAttackedLong: 'none known: it is not in CISA’s catalogue',
  standings: {
    disputed: 'Disputed: somebody who should know says that this is no hole. The sources below differ.',
    rejected: 'Its number was taken back by those who gave it.',
  },
  moreNames: (count: string) => `and ${count} more`,
  references: 'Read on',
  unsourced: 'no source of the rating is named',
  packages: 'Packages that have it',
  packagesTab: 'Packages and why',
  packagesBeside: 'distinct, by version and system',
  unscanned: (count: string, images: number) =>
    images === 1
      ? 'One image has not been scanned: whether it has the hole is not known.'
      : `${count} images have not been scanned: whether they have it is not known.`,
  uncovered: (count: string, packages: number) =>
    packages === 1
      ? 'No source speaks of one package of this account: whether it has holes is not known.'
      : `No source speaks of ${count} packages of this account: whether they have holes is not known.`,
  unknownNotKnown: (why: string) => `What has not been scanned could not be counted: ${why}`,
  spoken: 'Exceptions and statements',
  nothingSpoken: 'No exception is in force for it, and no VEX document speaks of it.',
  exception: (covers: string, owner: string) => `exception of ${owner}: ${covers}`,
  until: (day: string) => `until ${day}`,
  states: (status: string, what: string) => `states ${status}: ${what}`,
  who: 'Who is affected',
  whoNot: 'Who was affected, and what the sources say',
  before: 'Affected before',
  beforeLead:
    'These held a package that had the hole by what the advisories said then, and have it by no other package now. Images that are gone are not listed.',
  byPackage: 'Listed by the packages that they hold, whatever is stated: Why leads to what counts for the image.',
  sources: 'What the sources say',
  history: 'History',
  noHistory: 'No update of the advisories has changed anything about it here',
  noHistoryHint: 'What was known when an image was first scanned is no change. Changes are kept for 90 days.',
  ecosystem: 'Ecosystem',
  named: 'Named there',
  disputed: 'disputed',
  noRecords: 'No source names a package',
  noRecordsHint: 'It is known by its rating or its likelihood alone.',
  cutRecords: (count: string) => `The first ${count} are shown, those about packages of this account first.`,
  firstSeen: 'Known here since',
  builtFrom: 'Built from',
  whyTitle: (id: string, name: string) => `Why ${name} has ${id}`,
  priorityOf: (score: string) => `${score}, before what depends on the image is added`,
};
