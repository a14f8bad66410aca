/** English: steps that wait for a person's word. */
export const approvals = {
  given: (given: string, needed: string) => `${given} of ${needed} approvals`,
  who: 'Who may answer',
  anyMaintainer: 'maintainers and owners',
  role: (role: string) => `everybody with the role ${role}`,
  needed: 'Approvals',
  askedBy: (who: string) => `asked for by ${who}`,
  ends: 'Ends',
  endsIn: 'ends',
  refusedThen: 'without an answer it is refused',
  noEnd: 'it waits until somebody answers',
  answers: 'Answers',
  noAnswers: 'Nobody has answered yet.',
  approved: (who: string) => `${who} approved`,
  rejected: (who: string) => `${who} rejected`,
  decide: 'Approve or reject',
  decideOn: (image: string, step: string) => `Approve or reject: ${step} of ${image}`,
  refused: {
    asked: 'You asked for this run, so somebody else decides.',
    answered: 'You have approved; somebody else is needed as well.',
    'not-approver': (who: string) => `For others to decide: ${who}.`,
  },
};
