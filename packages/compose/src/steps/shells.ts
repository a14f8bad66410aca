/** /etc/shells: the login shells that the image has (add-shell(8)). */
import { inMemory } from '../files/content.ts';
import type { Step } from '../script/shell.ts';

const FILE = '/etc/shells';

export const shellsSteps: Record<string, Step> = {
  'add-shell': {
    step: 'shells',
    run: ({ args, world }) => {
      const lines = (world.tree.readText(FILE) ?? '').split('\n').filter(Boolean);
      for (const shell of args) {
        const name = shell.slice(shell.lastIndexOf('/') + 1);
        const folder = world.tree.place(shell.slice(0, shell.lastIndexOf('/')))?.path ?? '';
        for (const path of [shell, `${folder}/${name}`]) if (!lines.includes(path)) lines.push(path);
      }
      world.tree.write(FILE, inMemory(lines.map((line) => `${line}\n`).join('')));
      return 0;
    },
  },
  'remove-shell': { step: 'shells', run: () => 0 },
};
