/** Step: wait for a person. The API records the answer and lets the run go on. */
import type { StepWork } from '../run-step.ts';

export const approvalStep: StepWork = async ({ requestedBy }) => ({
  state: 'waiting',
  summary: `waits for the approval of a maintainer; asked for by ${requestedBy}`,
});
