/** Carries a plan out on a copy of the tree; where a package refuses, anew without it. */
import type { RepairedPackage, RepairLeft, RepairScript } from '@pratique/contract';
import { ComposeError } from '../error.ts';
import type { Tree } from '../files/tree.ts';
import type { Applied, ApplyOptions, Refused } from './applied.ts';
import type { FamilyContext, Repaired, Unrepaired } from './family.ts';

export type Plan<Item> = {
  architecture: string;
  /** What is to be put in by the plan of now, fetched, and when the newest of it was built; null where there is nothing. */
  next(): Promise<{ items: readonly Item[]; created: number } | null>;
  apply(tree: Tree, items: readonly Item[], options: ApplyOptions): Promise<Applied>;
  /** Plans again without the packages that refused. */
  refuse(refused: Refused): void;
  left(): RepairLeft[];
  describe(item: Item): Omit<RepairedPackage, 'files'>;
};

const MAX_ATTEMPTS = 200;

/** @throws ComposeError `unsatisfiable`, and as `next` and `apply` do */
export async function applyInAttempts<Item>(
  original: Tree,
  context: FamilyContext,
  plan: Plan<Item>,
): Promise<Repaired | Unrepaired> {
  const notDone: RepairScript[] = [];
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    context.signal?.throwIfAborted();
    const next = await plan.next();
    if (!next) return { status: 'nothing', left: plan.left(), scripts: notDone };
    const { items, created } = next;
    const tree = original.copy();
    tree.now = created;
    const applied = await plan.apply(tree, items, {
      architecture: plan.architecture,
      now: created,
      sandbox: context.sandbox,
      progress: (done, total, what) => context.progress('configure', done, total, what),
    });
    if (applied.status === 'done') {
      const { scripts, differences, files } = applied;
      const upgraded = items.map((item) => {
        const described = plan.describe(item);
        return { ...described, files: files.get(described.name)?.files ?? 0 };
      });
      return {
        status: 'repaired',
        tree,
        upgraded: upgraded.sort((a, b) => (a.name < b.name ? -1 : 1)),
        left: plan.left(),
        scripts: [...scripts, ...notDone],
        differences,
        packageBytes: [...files.values()].reduce((sum, { bytes }) => sum + bytes, 0),
        created,
      };
    }
    notDone.push(...applied.scripts);
    plan.refuse(applied);
  }
  throw new ComposeError(
    'unsatisfiable',
    `the repair was begun ${MAX_ATTEMPTS} times, and each time a package refused`,
  );
}
