/** English: the certificate authority and its rotation. */
export const authority = {
  title: 'Authority',
  lead: 'Clusters check the server by this certificate authority, and the server knows their agents by it. It is one for the whole installation.',
  onlyAdministrators: 'Administrators of the installation can replace it.',
  quiet: 'One authority issues, and nothing is under way.',
  waits: (count: string) =>
    `The next authority is handed out. It issues by itself once every cluster trusts it; clusters that are not known to: ${count}.`,
  switches: 'Every cluster is known to trust the next authority; it issues within a minute.',
  done: 'The new authority issues. The one before still counts, for agents that were away.',
  issues: 'Issues now',
  next: 'Comes next',
  previous: 'Issued before',
  until: (day: string) => `until ${day}`,
  handedOut: (until: string, since: string) => `until ${until}, handed out since ${since}`,
  replaced: (since: string) => `replaced on ${since}; counts for 31 days more`,
  bundle: 'What clusters are to trust',
  steps: {
    begin: 'Make the next authority',
    finish: 'Let the next one issue now',
    forget: 'End trust in the one before',
  },
  beginLead:
    'The next authority is made and handed out to agents. Nothing is refused meanwhile: it issues only once every cluster trusts it. Webhooks get it by the commands that are then shown here.',
  finishLead: (count: string) =>
    `The next authority issues at once. Clusters that do not trust it by then admit nothing until they are patched; not known to trust it: ${count}.`,
  forgetLead:
    'Certificates by the authority before count no more. Agents that were away and have not renewed theirs must be enrolled again.',
  lacking: 'Clusters not known to trust the newest',
  allTrust: 'Every cluster is known to trust the newest authority',
  cluster: 'Cluster',
  reasons: {
    'not-there': 'its agent or its webhooks do not trust it yet',
    'not-told': 'its agent does not say what its webhooks trust',
    'no-agent': 'no agent tells',
  },
  patch: 'What to apply',
  patchTitle: (cluster: string) => `Apply this in ${cluster}`,
  patchLead:
    'It takes the rights of a cluster administrator there, and changes nothing of the webhooks but whom they trust.',
};
