/** Joins what was found in single files to what is true of an image or a folder. */
import type { BaselineResult, Inventory, MalwareMatch, Secret, Unexamined } from '@pratique/contract';
import type { InspectedFacts } from '@pratique/oci/layers/inspect';
import type { ImageTree } from '@pratique/oci/layers/tree';
import { runBaseline } from '../baseline/run-baseline.ts';
import type { Built } from '../inventory/build.ts';
import { isOwned } from '../inventory/ownership.ts';
import { examineConfiguration } from '../secrets/configuration.ts';
import { createSecretExaminer } from '../secrets/examiner.ts';
import { joinSecrets, type LayerMatches } from '../secrets/join-layers.ts';
import type { Wanted } from './besides.ts';
import type { ContentFacts } from './content-facts.ts';
import { NO_OWN_RULES, type OwnRules, openOwnRules } from './own-rules.ts';

export type ExaminedImage = {
  inventory: Inventory;
  /** Null where nobody asked; so for the others. */
  secrets: Secret[] | null;
  malware: MalwareMatch[] | null;
  unexamined: Unexamined[] | null;
  baseline: BaselineResult[] | null;
};

/** What was read; of a folder there are no layers. */
export type ReadContents = Built & {
  tree: ImageTree;
  layers: readonly { digest: string }[];
  facts: readonly InspectedFacts[];
};
type Facts = InspectedFacts & { facts: ContentFacts };

const MAX_MALWARE = 10_000;
const MAX_UNEXAMINED = 1000;

/** @param config the image's own; null where there is none */
export function joinContent(read: ReadContents, wanted: Wanted, config: unknown): ExaminedImage {
  const facts = read.facts as readonly Facts[];
  const unexamined = facts.flatMap((each) => each.facts.unexamined).filter((each) => !isPublished(read, each.path));
  const secrets = wanted.secrets ? findSecrets(read, facts, config, wanted.secrets.salt, wanted.own) : null;
  const malware = facts.flatMap(({ layer, facts: { malware: found } }) =>
    found.map((each) => ({ ...each, layer: read.layers[layer]?.digest ?? null })),
  );
  return {
    inventory: read.inventory,
    secrets: secrets && secrets.secrets,
    malware: wanted.malware ? malware.slice(0, MAX_MALWARE) : null,
    unexamined:
      secrets || wanted.malware
        ? [
            ...(secrets?.unexamined ?? []),
            ...beyond(malware.length, MAX_MALWARE, 'matches of malware'),
            ...unexamined.slice(0, MAX_UNEXAMINED),
            ...beyond(unexamined.length, MAX_UNEXAMINED, 'contents that could not be examined'),
          ]
        : null,
    baseline: wanted.baseline && heldAgainst(read, config, wanted.baseline),
  };
}

function heldAgainst(
  { tree, inventory }: ReadContents,
  config: unknown,
  { profile, now }: NonNullable<Wanted['baseline']>,
): BaselineResult[] {
  return runBaseline({ config, tree, inventory, now }, profile).results;
}

/** What anybody can download from the distribution is no secret. Settings are everybody's own, whoever brought the file. */
function isPublished({ tree, owners }: ReadContents, path: string): boolean {
  return !path.startsWith('etc/') && isOwned(tree, path, owners);
}

function findSecrets(
  read: ReadContents,
  facts: readonly Facts[],
  config: unknown,
  salt: Buffer,
  own: OwnRules = NO_OWN_RULES,
): { secrets: Secret[]; unexamined: Unexamined[] } {
  const layers: LayerMatches[] = facts.map(({ layer, facts: { secrets } }) => ({
    layer: read.layers[layer]?.digest ?? null,
    matches: secrets,
  }));
  const { secretRules, kinds } = openOwnRules({ ...own, hashLists: [], clamd: null });
  const said = examineConfiguration(createSecretExaminer({ salt, rules: secretRules, kinds }), salt, config);
  const found = joinSecrets({
    layers: [...layers, { layer: null, matches: said.matches }],
    isVisible(path, layer) {
      const node = read.tree.lookup(path, false);
      return node !== null && (read.layers[node.layer]?.digest ?? null) === layer;
    },
    isPublished: (path) => isPublished(read, path),
  });
  const unread = said.unread.map((detail) => ({ path: '', kind: 'partial' as const, detail }));
  return { secrets: found.secrets, unexamined: [...unread, ...beyond(found.total, found.secrets.length, 'secrets')] };
}

function beyond(all: number, most: number, what: string): Unexamined[] {
  if (all <= most) return [];
  return [{ path: '', kind: 'limit', detail: `${all} ${what}, of which ${most} are told` }];
}
