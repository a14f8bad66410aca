/** Evaluates the constraints of the target `image.pratique.dev` on one image. */
import { type ImageReview, TARGETS, type Violation } from '@pratique/contract';
import type { Bundle } from './bundle.ts';
import { collectViolations, type EvaluateOptions } from './collect-violations.ts';
import type { PolicyEngine } from './engine/client.ts';
import { ImageMatch, matchesImage } from './match/image.ts';

/** An image may have thousands of findings, so it gets more time than an admission review. */
const TIMEOUT_MS = 3000;

/**
 * Violations of every constraint that matches the image, whatever their action.
 *
 * @throws PolicyError when the engine cannot answer; the caller must deny
 */
export async function evaluateImage(
  engine: PolicyEngine,
  bundle: Bundle,
  review: ImageReview,
  options: EvaluateOptions = {},
): Promise<Violation[]> {
  const targets = new Map(bundle.templates.map((template) => [template.kind, template.target]));
  const constraints = bundle.constraints.filter(
    (constraint) =>
      targets.get(constraint.kind) === TARGETS.image && matchesImage(ImageMatch.parse(constraint.match), review.image),
  );
  return collectViolations(engine, bundle, TARGETS.image, constraints, review, { timeoutMs: TIMEOUT_MS, ...options });
}
