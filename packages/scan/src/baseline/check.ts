/** What a check is, and the few ways in which it answers. */
import type { BaselineProfile, BaselineResult, Severity } from '@pratique/contract';
import type { TreeNode } from '@pratique/oci/layers/tree';
import { printable } from '../printable.ts';
import type { Facts, Step } from './facts.ts';

export type Answer =
  | { status: 'passed' }
  | { status: 'failed'; evidence: readonly string[] }
  | { status: 'not-applicable' | 'not-examined'; detail: string };

export type Check = Pick<BaselineResult, 'id' | 'title' | 'reason' | 'fix'> & {
  severity: Severity;
  profiles: readonly BaselineProfile[];
  run(facts: Facts): Answer;
};

export const PASSED: Answer = { status: 'passed' };
export const notApplicable = (detail: string): Answer => ({ status: 'not-applicable', detail });
export const notExamined = (detail: string): Answer => ({ status: 'not-examined', detail });

/** Failed with what was found, passed without. */
export function unlessFound(evidence: readonly string[]): Answer {
  return evidence.length > 0 ? { status: 'failed', evidence } : PASSED;
}

/** A check of the files: each that the test names is evidence. */
export function ofFiles(test: (path: string, node: TreeNode) => boolean | string): Check['run'] {
  return ({ tree, files }) => {
    if (!tree) return notExamined('the layers were not read');
    const found: string[] = [];
    for (const { path, node } of files) {
      const said = test(path, node);
      if (said !== false) found.push(said === true ? path : `${path}: ${said}`);
    }
    return unlessFound(found);
  };
}

/** A check of the history: each step that the test names is evidence, by its number and word alone. */
export function ofSteps(test: (step: Step, before: readonly Step[]) => boolean): Check['run'] {
  return ({ steps }) => {
    if (!steps) return notExamined('the configuration has no history');
    return unlessFound(
      steps
        .filter((step, at) => test(step, steps.slice(0, at)))
        .map(({ number, word }) => `history step ${number} (${word})`),
    );
  };
}

/** A check of the configuration alone. */
export function ofSettings(test: (settings: NonNullable<Facts['settings']>, facts: Facts) => Answer): Check['run'] {
  return (facts) =>
    facts.settings ? test(facts.settings, facts) : notExamined('the image configuration cannot be read');
}

/**
 * A check of settings in files: `applies` chooses the files, `test` names what is wrong in one. A file that is there
 * and whose content was not kept leaves the check unmade, unless another file fails it.
 */
export function ofContents(
  what: string,
  applies: (path: string) => boolean,
  test: (text: string, path: string) => readonly string[],
): Check['run'] {
  return ({ tree, settingFiles }) => {
    if (!tree) return notExamined('the layers were not read');
    const found: string[] = [];
    let [read, unread] = [0, 0];
    for (const { path, node } of settingFiles) {
      if (node.kind !== 'file' || !applies(path)) continue;
      if (node.content === null && node.size > 0) {
        unread += 1;
        continue;
      }
      read += 1;
      for (const said of test(node.content?.toString('utf8') ?? '', path))
        found.push(`${path}: ${printable(said, 200)}`);
    }
    if (found.length > 0) return { status: 'failed', evidence: found };
    if (unread > 0) return notExamined(`the content of ${unread} files of ${what} was not kept`);
    return read > 0 ? PASSED : notApplicable(`there is no ${what}`);
  };
}

/** Lines without comments and surrounding space, with what is between `#` and their end left out. */
export function linesOf(text: string, comment: RegExp = /#.*$/): string[] {
  return text
    .split('\n')
    .map((line) => line.replace(comment, '').trim())
    .filter((line) => line !== '');
}
