/** Holds an image against the list of checks. */
import type { BaselineProfile, BaselineReport, BaselineResult } from '@pratique/contract';
import { printable } from '../printable.ts';
import type { Answer, Check } from './check.ts';
import { type BaselineSubject, type Facts, gatherFacts } from './facts.ts';
import { BASELINE_REVISION, checksOf } from './list.ts';

const MAX_EVIDENCE = 20;
const MAX_LENGTH = 500;

/** Pure: the same subject always has the same report. @param profile null for all checks */
export function runBaseline(subject: BaselineSubject, profile: BaselineProfile | null = null): BaselineReport {
  const facts = gatherFacts(subject);
  return { revision: BASELINE_REVISION, profile, results: checksOf(profile).map((check) => resultOf(check, facts)) };
}

function resultOf(check: Check, facts: Facts): BaselineResult {
  const { id, title, reason, fix, severity, profiles } = check;
  const answer = answerOf(check, facts);
  const evidence = answer.status === 'failed' ? answer.evidence : [];
  return {
    id,
    title,
    reason,
    fix,
    severity,
    profiles: [...profiles],
    status: answer.status,
    detail: 'detail' in answer ? printable(answer.detail, MAX_LENGTH) : null,
    evidence: evidence.slice(0, MAX_EVIDENCE).map((each) => printable(each, MAX_LENGTH)),
    evidenceCount: evidence.length,
  };
}

/** A check that fails to run says nothing of the image: it is not examined, and the others still are. */
function answerOf(check: Check, facts: Facts): Answer {
  try {
    return check.run(facts);
  } catch (error) {
    const said = error instanceof Error ? error.message : 'an unknown fault';
    return { status: 'not-examined', detail: `the check failed: ${said}` };
  }
}
