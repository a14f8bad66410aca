/** Whose signatures and attestations let images from elsewhere run, by image name. */
import { z } from 'zod';

const MAX_PATTERN = 300;
const HOST = /^(?:\*\*|[a-z0-9*](?:[a-z0-9.*-]*[a-z0-9*])?(?::[0-9*]{1,5})?|\[[0-9a-f:]+\](?::[0-9]{1,5})?)$/;

/**
 * `HOST/REPOSITORY` as a glob, anchored at both ends: `*` stays within a path segment, `**` crosses segments. The host
 * is written out (`docker.io/library/nginx`, not `nginx`), since the same name means other images elsewhere.
 */
export const ImagePattern = z
  .string()
  .min(1)
  .max(MAX_PATTERN)
  .refine((text) => !/[\s@]/.test(text), 'is a repository without tag or digest; tags go into "tags"')
  .refine(
    (text) => text === '**' || (text.includes('/') && /[.:*]|^localhost/.test(text.split('/')[0] ?? '')),
    'begins with the registry’s host, as in docker.io/library/nginx or ghcr.io/acme/**',
  )
  .refine(
    (text) => text === '**' || HOST.test(text.split('/')[0] ?? ''),
    'begins with a host in lower case, as in ghcr.io/acme/**',
  )
  .refine(
    (text) =>
      text
        .split('/')
        .slice(1)
        .every((part) => /^[a-z0-9._*-]+$/.test(part)) && !text.split('/').slice(1).join('/').includes(':'),
    'has path segments of lower-case letters, digits, ".", "_", "-" and "*" only',
  );

/** Exactly this text, or a regular expression (RE2) that matches all of it: anchored at both ends by itself. */
export const IdentityMatcher = z.union([
  z.string().min(1).max(1000),
  z.strictObject({ regExp: z.string().min(1).max(500) }),
]);
export type IdentityMatcher = z.infer<typeof IdentityMatcher>;

const Name = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/, 'is a name of letters, digits, ".", "_" and "-", 100 at most');

const KeyAuthority = z.strictObject({
  name: Name.optional(),
  /** A public key in PEM, the name of one in `keys`, or `account:NAME`: the signing keys of an account of this server. */
  key: z.string().min(1).max(16_384),
  /** Demands that the signature is in a transparency log of this trusted root. */
  log: z.strictObject({ trustedRoot: Name }).optional(),
});

/** Extensions of Fulcio's certificates. @see sigstore/fulcio docs/oid-info.md */
export const CertificateExtensions = z.strictObject({
  sourceRepository: IdentityMatcher.optional(),
  sourceRef: IdentityMatcher.optional(),
  sourceOwner: IdentityMatcher.optional(),
  buildSigner: IdentityMatcher.optional(),
  buildConfig: IdentityMatcher.optional(),
  buildTrigger: IdentityMatcher.optional(),
  runnerEnvironment: IdentityMatcher.optional(),
});
export type CertificateExtensions = z.infer<typeof CertificateExtensions>;

const KeylessAuthority = z.strictObject({
  name: Name.optional(),
  keyless: z.strictObject({
    /** The OIDC issuer, exactly. */
    issuer: z.url({ protocol: /^https?$/ }).max(500),
    /** Who: a mail address or URI. */
    subject: IdentityMatcher,
    extensions: CertificateExtensions.optional(),
    /** A name in `trustedRoots`. */
    trustedRoot: Name,
    /** `optional`: the time may come from a timestamp authority alone. */
    log: z.enum(['required', 'optional']).default('required'),
    /** Whether the certificate must prove that it was logged itself. */
    certificateLog: z.enum(['required', 'optional']).default('required'),
  }),
});

export const Authority = z.union([KeyAuthority, KeylessAuthority]);
export type Authority = z.infer<typeof Authority>;

const Authorities = z.array(Authority).min(1).max(20);
export const Requirement = z.union([
  z.strictObject({ anyOf: Authorities }),
  z.strictObject({ allOf: Authorities }),
  z.strictObject({ of: Authorities, atLeast: z.number().int().min(1).max(20) }),
]);
export type Requirement = z.infer<typeof Requirement>;

export const TrustRule = z
  .strictObject({
    name: Name,
    images: z.array(ImagePattern).min(1).max(100),
    /** Images that the rule is not about although `images` match. */
    except: z.array(ImagePattern).max(100).default([]),
    /** Tags that may be named, as globs; and whether a digest must be. */
    tags: z
      .strictObject({
        allow: z.array(z.string().min(1).max(128)).min(1).max(50).optional(),
        requireDigest: z.boolean().default(false),
      })
      .optional(),
    /** Who must have signed. */
    authorities: Requirement.optional(),
    /** What must be attested, and by whom. */
    predicates: z
      .array(z.strictObject({ type: z.string().min(1).max(500), authorities: Requirement }))
      .max(20)
      .default([]),
    /** Said aloud, so that nobody forgets authorities by accident. */
    unsigned: z.literal('allow').optional(),
  })
  .refine((rule) => rule.authorities !== undefined || rule.predicates.length > 0 || rule.unsigned === 'allow', {
    message: 'needs authorities, predicates, or "unsigned: allow"',
  })
  .refine((rule) => rule.unsigned === undefined || (rule.authorities === undefined && rule.predicates.length === 0), {
    message: 'says "unsigned: allow" and demands signatures; choose one',
    path: ['unsigned'],
  });
export type TrustRule = z.infer<typeof TrustRule>;

const Prefix = z
  .string()
  .max(MAX_PATTERN)
  .regex(
    /^(?:localhost|[a-z0-9.-]*[.:][a-z0-9.:-]*|\[[0-9a-f:]+\](?::\d+)?)(?:\/[a-z0-9._-]+)*$/,
    'is a host, or a host and the beginning of a repository, without a slash at its end',
  );

/** Roots of trust for certificates and logs: sigstore's trusted_root.json as it is, or PEM. */
export const TrustedRootSource = z.union([
  z.strictObject({
    pem: z.strictObject({
      /** The chain of the authority that issues signing certificates, root last; not needed for keys in a log. */
      certificateAuthority: z.string().max(100_000).optional(),
      /** Public keys of transparency logs. */
      logs: z
        .array(z.strictObject({ url: z.url().max(500), key: z.string().max(16_384) }))
        .max(20)
        .default([]),
      certificateLogs: z.array(z.string().max(16_384)).max(20).default([]),
      timestampAuthorities: z.array(z.string().max(100_000)).max(20).default([]),
    }),
  }),
  z.looseObject({ mediaType: z.string().regex(/^application\/vnd\.dev\.sigstore\.trustedroot/) }),
]);
export type TrustedRootSource = z.infer<typeof TrustedRootSource>;

/**
 * Every rule that matches an image must hold; an image that no rule matches is refused. So a rule can only ever add to
 * what is demanded, and the order of rules means nothing.
 */
export const TrustPolicy = z.strictObject({
  version: z.literal(1),
  name: Name.default('default'),
  keys: z.record(Name, z.string().max(16_384)).default({}),
  trustedRoots: z.record(Name, TrustedRootSource).default({}),
  rules: z.array(TrustRule).max(200),
  /** Where to fetch from instead: the longest prefix counts. What runs keeps its name. */
  mirrors: z
    .array(z.strictObject({ prefix: Prefix, mirror: Prefix }))
    .max(100)
    .default([]),
});
export type TrustPolicy = z.infer<typeof TrustPolicy>;
/** As people write it, defaults left out. */
export type TrustPolicyInput = z.input<typeof TrustPolicy>;
