/** English: the frame around every page, signing in, and the states that every page can be in. */
export const shell = {
  skip: 'Skip to the page',
  rail: 'Pages',
  overview: 'Overview',
  images: 'Images',
  deliveries: 'Deliveries',
  policies: 'Policies',
  workloads: 'Workloads',
  settings: 'Settings',
  switchAccount: 'Account',
  themeToLight: 'Light theme',
  themeToDark: 'Dark theme',
  otherLanguage: '中文',
  signOut: 'Sign out',
  find: 'Find',
  live: 'Live',
  reconnecting: 'Reconnecting; what you see may be behind',
  newRows: (count: string) => `${count} new: show`,
  noSuchAccount: (name: string) => `You belong to no account ${name}`,
  noSuchAccountHint: 'If it exists, one of its owners can make you a member.',
  toStart: 'To your own account',
  notFoundTitle: 'No such page',
  notFoundHint: 'The address names nothing here. The list on the left has every page.',
  noAccount: 'You belong to no account yet',
  noAccountHint: 'An owner of an account can make you a member; an administrator can make an account:',
};

export const signIn = {
  title: 'Sign in to Pratique',
  user: 'User name',
  password: 'Password',
  submit: 'Sign in',
  busy: 'Signing in',
  motto: 'A clean bill of health for every container image, from push to production.',
};

export const states = {
  loading: (what: string) => `Loading: ${what}`,
  notDone: 'That did not work, and nothing was changed',
  failedTitle: 'This could not be loaded',
  unreachable: 'The server did not answer. Check that it runs and that this machine reaches it, then try again.',
  unexpected: (detail: string) =>
    `The server answered with something this console does not understand (${detail}). Reload the page: the console may be older than the server.`,
  tryAgain: 'Try again',
  requestId: 'Request',
  forbiddenTitle: 'You may not see this',
  needsRole: (role: string, account: string) => `Needs the role ${role} in ${account}; an owner can grant it.`,
  noSuchAccount: (name: string) => `You belong to no account ${name}`,
  noSuchAccountHint: 'If it exists, one of its owners can make you a member.',
  toStart: 'To your own account',
  notFoundTitle: 'There is no such thing',
  noMatch: 'No row matches the filter.',
  clearFilter: 'Clear the filter',
};

export const palette = {
  title: 'Find a page, an image or an action',
  hint: 'Type a page, repository, tag or action',
  pages: 'Pages',
  images: 'Images',
  accounts: 'Accounts',
  actions: 'Actions',
  nothing: 'Nothing of that name.',
  keys: '↑ ↓ choose · Enter opens · Esc closes',
  copyAddress: 'Copy the address of this page',
};
