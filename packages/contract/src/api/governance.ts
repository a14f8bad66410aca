/** Chains, policies, exceptions, revocations, keys, contracts, deliveries, clusters. */
import { z } from 'zod';
import { ChainDefinition } from '../chain.ts';
import { SecretFingerprint } from '../secret.ts';

export const RepositoryName = z.string().min(1).max(255);
export const ReferenceName = z.string().min(1).max(200);

export const ChainVersion = z.object({
  name: z.string(),
  version: z.number().int(),
  definition: ChainDefinition,
  createdBy: z.string(),
  createdAt: z.string(),
});
export type ChainVersion = z.infer<typeof ChainVersion>;
/** A definition as an object, or as YAML text. */
export const ChainChange = z.object({
  definition: z.union([ChainDefinition, z.string().max(100_000)]),
  /** The version that was changed, 0 for a new chain: another one in force by now is not replaced. */
  ifVersion: z.number().int().min(0).optional(),
});
/** As ChainChange, but of any shape: what is wrong with it is the answer. */
export const ChainDraft = z.object({
  definition: z.union([z.record(z.string(), z.unknown()), z.string().max(100_000)]),
});
/** What the server would say to a definition. */
export const ChainValidation = z.discriminatedUnion('valid', [
  z.object({ valid: z.literal(true), definition: ChainDefinition }),
  z.object({
    valid: z.literal(false),
    error: z.string(),
    /** Name of the step that is wrong; null where it is none, or more than one. */
    step: z.string().nullable(),
    /** What was read; null where it has not the shape of a chain. */
    definition: ChainDefinition.nullable(),
  }),
]);
export type ChainValidation = z.infer<typeof ChainValidation>;

export const NewRun = z.object({ repository: RepositoryName, reference: ReferenceName });
export const Approval = z.object({ approve: z.boolean(), reason: z.string().min(3).max(1000) });

export const PolicyBundleInfo = z.object({
  version: z.number().int(),
  digest: z.string(),
  createdBy: z.string(),
  createdAt: z.string(),
  constraints: z.array(
    z.object({
      name: z.string(),
      template: z.string(),
      target: z.string(),
      action: z.string(),
      title: z.string(),
      description: z.string(),
      parameters: z.record(z.string(), z.unknown()),
    }),
  ),
  /** Presets that are not on: `yaml` is what turns one on when it is applied. */
  available: z
    .array(
      z.object({
        template: z.string(),
        target: z.string(),
        title: z.string(),
        description: z.string(),
        yaml: z.string(),
      }),
    )
    .optional(),
});
export type PolicyBundleInfo = z.infer<typeof PolicyBundleInfo>;
/** Changes to the constraints of the preset bundle, or templates of one's own, as YAML documents. */
export const PolicyChange = z.object({ yaml: z.string().max(1_000_000) });

/** What a finding exception covers: an advisory, where it is given only in these packages and repositories. */
export const FindingSelector = z.object({
  id: z.string().min(1).max(100),
  package: z.string().max(200).optional(),
  repositories: z.array(z.string().min(1).max(200)).max(50).default(['**']),
});
export type FindingSelector = z.infer<typeof FindingSelector>;
/** What a policy exception covers: one constraint, in these repositories. */
export const PolicySelector = z.object({
  constraint: z.string().min(1).max(200),
  repositories: z.array(z.string().min(1).max(200)).max(50).default(['**']),
});
export type PolicySelector = z.infer<typeof PolicySelector>;

const Repositories = z.array(z.string().min(1).max(200)).max(50).default(['**']);
/** Of files, without a leading slash: `*` within a part, `**` across parts. */
const PathPattern = z.string().min(1).max(500);

/** What a secret exception covers: one secret wherever it is, or those of a kind of which all places are at such paths. */
export const SecretSelector = z
  .object({
    fingerprint: SecretFingerprint.optional(),
    kind: z.string().min(1).max(100).optional(),
    path: PathPattern.optional(),
    repositories: Repositories,
  })
  .refine(
    ({ fingerprint, kind, path }) => fingerprint !== undefined || (kind !== undefined && path !== undefined),
    'names a fingerprint, or a kind and a path',
  );
export type SecretSelector = z.infer<typeof SecretSelector>;
/** What a malware exception covers: matches of one rule, at such paths or in one content. */
export const MalwareSelector = z
  .object({
    rule: z.string().min(1).max(200),
    path: PathPattern.optional(),
    sha256: z
      .string()
      .regex(/^[0-9a-f]{64}$/, 'is 64 hexadecimal digits')
      .optional(),
    repositories: Repositories,
  })
  .refine(
    ({ path, sha256 }) => path !== undefined || sha256 !== undefined,
    'names a path or the digest of the content',
  );
export type MalwareSelector = z.infer<typeof MalwareSelector>;
/** What a baseline exception covers: one check. */
export const BaselineSelector = z.object({ check: z.string().min(1).max(100), repositories: Repositories });
export type BaselineSelector = z.infer<typeof BaselineSelector>;

/** Where a break-glass lets pods run that would be denied: patterns of clusters and namespaces. */
export const BreakGlassSelector = z.object({
  clusters: z.array(z.string().min(1).max(100)).min(1).max(50).default(['**']),
  namespaces: z.array(z.string().min(1).max(100)).min(1).max(50),
});
export type BreakGlassSelector = z.infer<typeof BreakGlassSelector>;
/** The name goes into the label `pratique.dev/break-glass` of what shall run, so it is a label's value. */
export const NewBreakGlass = z.object({
  name: z
    .string()
    .regex(
      /^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$/,
      'is a name of lower-case letters, digits, dots and dashes, at most 63',
    )
    .optional(),
  clusters: BreakGlassSelector.shape.clusters,
  namespaces: BreakGlassSelector.shape.namespaces,
  reason: z.string().min(10).max(2000),
  hours: z.number().int().min(1).max(72).default(4),
});
export type NewBreakGlass = z.infer<typeof NewBreakGlass>;

export const ExceptionRejection = z.object({ reason: z.string().min(3).max(1000) });

export const NewRevocation = z.object({
  repository: RepositoryName,
  reference: ReferenceName,
  reason: z.string().min(3).max(1000),
  /** In every repository of the account that holds these bytes, or will; false: only in this one. */
  everywhere: z.boolean().default(true),
});
export const Revoked = z.object({
  digest: z.string(),
  /** Of an index, the platforms it lists as well. */
  digests: z.array(z.string()),
  verdicts: z.array(z.object({ repository: z.string(), digest: z.string() })),
});
export type Revoked = z.infer<typeof Revoked>;
export const NewReinstatement = z.object({
  digest: z.string().regex(/^sha256:[0-9a-f]{64}$/),
  reason: z.string().min(3).max(1000),
});
export const Reinstated = z.object({ digest: z.string(), judgedAnew: z.array(z.string()) });
export const Revocation = z.object({
  digest: z.string(),
  repository: z.string().nullable(),
  reason: z.string(),
  by: z.string(),
  at: z.string(),
  liftedAt: z.string().nullable(),
  liftedBy: z.string().nullable(),
});
export type Revocation = z.infer<typeof Revocation>;

const Asked = {
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9.-]{0,99}$/)
    .optional(),
  reason: z.string().min(10).max(2000),
  days: z.number().int().min(1).max(365).default(30),
};
export const NewException = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('finding'), selector: FindingSelector, ...Asked }),
  z.object({ kind: z.literal('policy'), selector: PolicySelector, ...Asked }),
  z.object({ kind: z.literal('secret'), selector: SecretSelector, ...Asked }),
  z.object({ kind: z.literal('malware'), selector: MalwareSelector, ...Asked }),
  z.object({ kind: z.literal('baseline'), selector: BaselineSelector, ...Asked }),
]);
export type NewException = z.infer<typeof NewException>;
export const Exception = z.object({
  name: z.string(),
  kind: z.string(),
  selector: z.record(z.string(), z.unknown()),
  owner: z.string(),
  reason: z.string(),
  approver: z.string().nullable(),
  state: z.enum(['requested', 'active', 'expired', 'withdrawn', 'rejected']),
  rejection: z.object({ by: z.string(), reason: z.string() }).nullable(),
  createdAt: z.string(),
  expiresAt: z.string(),
});
export type Exception = z.infer<typeof Exception>;

export const SigningKey = z.object({
  id: z.string(),
  account: z.string().nullable(),
  publicPem: z.string(),
  fingerprint: z.string(),
  createdAt: z.string(),
  retiredAt: z.string().nullable(),
});
export type SigningKey = z.infer<typeof SigningKey>;

export const Contract = z.object({
  id: z.string(),
  from: z.string(),
  to: z.string(),
  fromRepositories: z.array(z.string()),
  toRepositories: z.array(z.string()),
  trustVendor: z.boolean(),
  state: z.enum(['offered', 'active', 'ended']),
  offeredBy: z.string(),
  acceptedBy: z.string().nullable(),
  createdAt: z.string(),
});
export type Contract = z.infer<typeof Contract>;
export const NewContract = z.object({
  to: z.string(),
  fromRepositories: z.array(z.string().min(1).max(200)).min(1).max(50).default(['**']),
  toRepositories: z.array(z.string().min(1).max(200)).min(1).max(50).default(['**']),
});
export const ContractAcceptance = z.object({ trustVendor: z.boolean().default(false) });

export const NewDelivery = z.object({
  repository: RepositoryName,
  reference: ReferenceName,
  /** `ACCOUNT/NAME[:tag]` */
  to: z.string().min(3).max(400),
});
export const Delivery = z.object({
  id: z.string(),
  from: z.string(),
  to: z.string(),
  tag: z.string(),
  digest: z.string(),
  state: z.enum(['copying', 'delivered', 'failed']),
  /** Why it failed; asking again tries again. */
  error: z.string().nullable(),
  requestedBy: z.string(),
  createdAt: z.string(),
  deliveredAt: z.string().nullable(),
});
export type Delivery = z.infer<typeof Delivery>;

export const Cluster = z.object({
  id: z.string(),
  name: z.string(),
  isDefault: z.boolean(),
  mode: z.enum(['enforce', 'warn', 'dryrun']),
  exemptNamespaces: z.array(z.string()),
  createdAt: z.string(),
});
export type Cluster = z.infer<typeof Cluster>;
export const NewCluster = z.object({
  name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,59}$/),
  mode: z.enum(['enforce', 'warn', 'dryrun']).default('enforce'),
  exemptNamespaces: z.array(z.string().max(63)).max(100).optional(),
});
export const NewClusterAnswer = z.object({
  cluster: Cluster,
  validateUrl: z.string(),
  mutateUrl: z.string(),
  caBundle: z.string(),
  manifests: z.string(),
});
export type NewClusterAnswer = z.infer<typeof NewClusterAnswer>;
export const ClusterChange = z.object({
  mode: z.enum(['enforce', 'warn', 'dryrun']).optional(),
  exemptNamespaces: z.array(z.string().max(63)).max(100).optional(),
});
