/** English: taking an image out of service, and having it judged anew. */
export const revoke = {
  open: 'Revoke…',
  title: (image: string) => `Revoke ${image}`,
  effects: 'This will happen at once:',
  refusedEverywhere: (account: string) =>
    `Every repository of ${account} that holds these bytes, or ever will, refuses the image: it is not delivered and not admitted.`,
  refusedHere: (repository: string) =>
    `${repository} refuses the image: it is not delivered from there and not admitted. Other repositories with the same bytes keep their verdicts.`,
  indexes: 'An index takes its platforms with it; a platform takes along the indexes that list it.',
  signatures: 'Signatures and attestations are withdrawn; a signed denial takes their place.',
  copies: 'Signatures that were copied elsewhere still verify there by the key alone.',
  running: (count: number, pods: string) =>
    count === 0
      ? 'No cluster that reports here runs it now.'
      : `${count === 1 ? 'One container runs' : `${pods} containers run`} it now and go on running; they are listed under Cargo, Runs in.`,
  stays: 'It stays revoked until a maintainer lifts it; neither another push nor another run brings it back.',
  scope: 'Where',
  everywhere: 'Everywhere in this account',
  here: (repository: string) => `Only in ${repository}`,
  action: 'Revoke',
  done: (count: string) => `Revoked; verdicts that changed: ${count}.`,
  liftOpen: 'Have it judged anew',
  liftTitle: (image: string) => `Have ${image} judged anew`,
  liftLead:
    'The revocation ends. Nothing is allowed by that alone: a chain judges the image by what is known today, in every repository that holds it.',
  liftAction: 'Lift the revocation',
  lifted: 'The revocation has ended; the image is judged anew.',
};
