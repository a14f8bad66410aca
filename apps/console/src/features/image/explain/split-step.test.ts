/** What the server proposes, as a sentence and a command. */
import { expect, test } from 'vitest';
import { splitStep } from './split-step.ts';

test.each([
  ['Upgrade openssl to 3.0.2 or later', 'Upgrade openssl to 3.0.2 or later', null],
  ['Start its chain: pratique chain run a/b:c', 'Start its chain', 'pratique chain run a/b:c'],
  [
    'To have it judged anew: pratique revoke --lift a sha256:00 --reason TEXT (a maintainer)',
    'To have it judged anew (a maintainer)',
    'pratique revoke --lift a sha256:00 --reason TEXT',
  ],
  [
    'Mend what keeps it from being renewed: the engine is away',
    'Mend what keeps it from being renewed: the engine is away',
    null,
  ],
  ['', '', null],
])('%s', (step, says, command) => expect(splitStep(step)).toEqual({ says, command }));
