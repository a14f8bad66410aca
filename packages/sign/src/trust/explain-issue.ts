/** One sentence out of zod's tree: of alternatives, the one that was most likely meant. */
import type { z } from 'zod';

type Issue = z.core.$ZodIssue;

/** `PATH: REASON` of the issue that says most. */
export function explainIssue(issue: Issue | undefined): string {
  if (!issue) return 'its root: it is invalid';
  const deepest = mostTelling(issue, []);
  return `${deepest.path.join('.') || 'its root'}: ${deepest.message}`;
}

type Told = { path: PropertyKey[]; message: string };

function mostTelling(issue: Issue, prefix: PropertyKey[]): Told {
  const path = [...prefix, ...issue.path];
  if (issue.code !== 'invalid_union' || issue.errors.length === 0) return { path, message: issue.message };
  // Who wrote "keyless" meant that branch: its issue lies deeper, or it complains about fewer things.
  const branches = issue.errors
    .filter((errors) => errors.length > 0)
    .map((errors) => ({
      told: mostTelling(errors[0] as Issue, path),
      unknown: errors.some(isForeignKey),
      count: errors.length,
    }))
    .sort(
      (a, b) => Number(a.unknown) - Number(b.unknown) || b.told.path.length - a.told.path.length || a.count - b.count,
    );
  return branches[0]?.told ?? { path, message: issue.message };
}

const isForeignKey = (issue: Issue) => issue.code === 'unrecognized_keys' && issue.path.length === 0;
