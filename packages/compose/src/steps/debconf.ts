/** The debconf protocol, answered as a non-interactive front end does: every question keeps its default. */
import type { Call, Step } from '../script/shell.ts';

type Answer = { status: number; text: string };
const OK: Answer = { status: 0, text: '' };
const SKIPPED: Answer = { status: 30, text: 'question skipped' };
const UNKNOWN: Answer = { status: 10, text: 'no such question' };

/** @see debconf-devel(7), "THE DEBCONF PROTOCOL" */
const commands: Record<string, (call: Call) => Answer> = {
  version: () => ({ status: 0, text: '2.0' }),
  capb: () => ({ status: 0, text: 'multiselect escape' }),
  input: () => SKIPPED,
  go: () => OK,
  stop: () => OK,
  title: () => OK,
  settitle: () => OK,
  beginblock: () => OK,
  endblock: () => OK,
  progress: () => OK,
  info: () => OK,
  x_loadtemplatefile: () => OK,
  unregister: () => OK,
  purge: () => OK,
  get: ({ args, world }) => {
    const text = world.debconf.get(args[0] ?? '');
    return text === null ? UNKNOWN : { status: 0, text };
  },
  set: ({ args, world }) => {
    const question = world.debconf.questions.get(args[0] ?? '');
    if (!question) return UNKNOWN;
    question.value = args.slice(1).join(' ');
    return { status: 0, text: 'value set' };
  },
  reset: ({ args, world }) => {
    const question = world.debconf.questions.get(args[0] ?? '');
    if (!question) return UNKNOWN;
    question.value = null;
    question.flags.delete('seen');
    return OK;
  },
  fset: ({ args, world }) => {
    const question = world.debconf.questions.get(args[0] ?? '');
    if (!question) return UNKNOWN;
    if (args[2] === 'true') question.flags.add(args[1] ?? '');
    else question.flags.delete(args[1] ?? '');
    return { status: 0, text: args[2] ?? '' };
  },
  fget: ({ args, world }) => {
    const question = world.debconf.questions.get(args[0] ?? '');
    return question ? { status: 0, text: String(question.flags.has(args[1] ?? '')) } : UNKNOWN;
  },
  subst: ({ args, world }) => {
    const question = world.debconf.questions.get(args[0] ?? '');
    if (!question) return UNKNOWN;
    question.variables.set(args[1] ?? '', args.slice(2).join(' '));
    return OK;
  },
  metaget: ({ args, world }) => {
    const text = world.debconf.expanded(args[0] ?? '', args[1] ?? '');
    return text === null ? UNKNOWN : { status: 0, text: text.split('\n')[0] ?? '' };
  },
  register: ({ args, world }) => {
    world.debconf.register(args[0] ?? '', args[1] ?? '', world.current);
    return OK;
  },
};

export const debconfSteps: Record<string, Step> = Object.fromEntries(
  Object.entries(commands).map(([name, command]) => [
    `db_${name}`,
    {
      step: 'debconf',
      run: (call: Call) => {
        const answer = command(call);
        call.shell.set('RET', answer.text);
        return answer.status;
      },
    },
  ]),
);
