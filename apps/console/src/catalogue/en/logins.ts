/** English: user names for other registries. */
export const logins = {
  title: 'Logins to other registries',
  lead: 'With these the server asks registries when it examines their images. Clusters pull with credentials of their own.',
  none: 'Every other registry is asked as nobody',
  noneHint: 'Images that only members may read can be examined once the server has a user name there:',
  add: 'Add a login',
  addLead:
    'The password is encrypted, opened only while an image is examined, and never shown again. Images that could not be reached are examined anew at once.',
  registry: 'Registry',
  registryHint: 'HOST or HOST:PORT, as in the names of images: ghcr.io',
  user: 'User name',
  password: 'Password or token',
  by: 'Given by',
  since: 'Since',
  replace: 'Replace',
  replaceTitle: (host: string) => `Another login to ${host}`,
  removeTitle: (host: string) => `Remove the login to ${host}`,
  removeLead: (host: string) =>
    `${host} is asked as nobody from now on. Images that only members may read there are refused when they are examined next.`,
  remove: 'Remove the login',
};
