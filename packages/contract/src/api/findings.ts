/** Findings across the images of an account. */
import { z } from 'zod';
import { FindingStatus, RankedFinding, Severity } from '../finding.ts';
import { Cursor, ListedPackage } from './holders.ts';

export const FindingSort = z.enum(['priority', 'severity', 'images', 'first-seen']);
export type FindingSort = z.infer<typeof FindingSort>;

/** Whether approved exceptions cover it: in every repository, in some, in none. */
export const Excepted = z.enum(['all', 'some', 'none']);
export type Excepted = z.infer<typeof Excepted>;

/** One or several words, separated by commas. */
const listOf = <T extends z.ZodType<string, string>>(word: T) =>
  z
    .string()
    .max(500)
    .transform((text) => text.split(',').filter((part) => part !== ''))
    .pipe(z.array(word).max(20));

/** What narrows the list; facets take the same. Values within one are alternatives, all of them together must hold. */
export const FindingFilter = z.object({
  /** Part of an id, another name of the hole, the package's name or the title. */
  search: z.string().max(200).optional(),
  severity: listOf(Severity).optional(),
  fixable: z.stringbool().optional(),
  exploited: z.stringbool().optional(),
  /** In an image that runs somewhere now. */
  running: z.stringbool().optional(),
  /** `deb`, `npm`, ... */
  type: listOf(z.string().min(1).max(30)).optional(),
  excepted: listOf(Excepted).optional(),
  /** Of images of this repository; counts of images are its own then. */
  repository: z.string().min(1).max(255).optional(),
  /** Of packages of exactly this name, and of exactly this version; see `source`. */
  package: z.string().min(1).max(300).optional(),
  version: z.string().min(1).max(300).optional(),
  /** The two name the source package that a distribution built packages from. */
  source: z.stringbool().optional(),
  /** Of exactly this package. */
  purl: z.string().min(1).max(1000).optional(),
});
export type FindingFilter = z.infer<typeof FindingFilter>;

/** `repositories`: also count by repository, which takes longer than all other facets together. */
export const FacetQuery = FindingFilter.extend({ repositories: z.stringbool().default(false) });
export type FacetQuery = z.infer<typeof FacetQuery>;

export const FindingQuery = FindingFilter.extend({
  sort: FindingSort.default('priority'),
  after: Cursor.optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});
export type FindingQuery = z.infer<typeof FindingQuery>;

/** One hole of one distinct package, in however many images. */
export const FindingRow = z.object({
  id: z.string(),
  aliases: z.array(z.string()),
  title: z.string().nullable(),
  severity: Severity,
  status: FindingStatus,
  fixedVersion: z.string().nullable(),
  exploited: z.boolean(),
  /**
   * From 0 to 86: exploited, likelihood, severity and fix. What depends on the image (exposure, privilege: up to 14
   * more) is added where a single image is shown.
   */
  priority: z.number().int(),
  /** When this was first known of the package. */
  firstSeen: z.string(),
  excepted: Excepted,
  package: ListedPackage,
  images: z.number().int(),
  /** Those of them that run somewhere now. */
  runningImages: z.number().int(),
});
export type FindingRow = z.infer<typeof FindingRow>;

export const FindingRows = z.object({
  findings: z.array(FindingRow),
  next: z.string().nullable(),
});
export type FindingRows = z.infer<typeof FindingRows>;

export const FacetValue = z.object({ value: z.string(), count: z.number().int() });
export type FacetValue = z.infer<typeof FacetValue>;

/** How many rows each choice would leave, with all other choices as they are. Booleans are `true` and `false`. */
export const FindingFacets = z.object({
  /** Rows that all choices leave. */
  total: z.number().int(),
  severity: z.array(FacetValue),
  fixable: z.array(FacetValue),
  exploited: z.array(FacetValue),
  running: z.array(FacetValue),
  type: z.array(FacetValue),
  excepted: z.array(FacetValue),
  /** The 50 repositories with most; empty unless it was asked for. */
  repository: z.array(FacetValue),
  /** What is not known: without it the list would look complete. */
  unknown: z.object({
    /** Images that have not been scanned. */
    unscannedImages: z.number().int(),
    /** Packages of the account of which no source of advisories says anything. */
    uncoveredPackages: z.number().int(),
  }),
});
export type FindingFacets = z.infer<typeof FindingFacets>;

/** What one upgrade would clear: of a source package of a distribution, or of one package. */
export const UpgradeGroup = z.object({
  type: z.string(),
  name: z.string(),
  /** The version that is there; of the source package where it is a distribution's. */
  version: z.string(),
  distribution: z.string().nullable(),
  /** The lowest version that clears all of `ids`; null where several are named and their order is not known. */
  to: z.string().nullable(),
  /** The packages of it that are installed; at most 50. */
  packages: z.array(z.string()),
  /** Rows of the list of findings that it clears. */
  findings: z.number().int(),
  /** Holes; `ids` names at most 50, the most urgent first. */
  holes: z.number().int(),
  ids: z.array(z.string()),
  /** That hold the most widespread of its packages. */
  images: z.number().int(),
  /** Highest priority of a finding that it clears. */
  priority: z.number().int(),
  exploited: z.number().int(),
});
export type UpgradeGroup = z.infer<typeof UpgradeGroup>;

export const UpgradeGroups = z.object({
  /** Those that clear most first: findings, each counted in every image that has it. */
  upgrades: z.array(UpgradeGroup),
  total: z.number().int(),
  /** Findings without a fix: no upgrade clears them. */
  unfixable: z.number().int(),
  next: z.string().nullable(),
});
export type UpgradeGroups = z.infer<typeof UpgradeGroups>;

const Named = { type: z.string(), name: z.string() };
const ComparedImage = z.object({ repository: z.string(), reference: z.string(), digest: z.string() });

/** What the second image has that the first has not, and the other way round. */
export const ImageComparison = z.object({
  from: ComparedImage,
  to: ComparedImage,
  packages: z.object({
    added: z.array(z.object({ ...Named, version: z.string() })),
    removed: z.array(z.object({ ...Named, version: z.string() })),
    /** `downgraded` is null where the versions have no order. */
    changed: z.array(z.object({ ...Named, from: z.string(), to: z.string(), downgraded: z.boolean().nullable() })),
  }),
  findings: z.object({
    /** In the second only; the most urgent first. */
    new: z.array(RankedFinding),
    /** In the first only. */
    gone: z.array(RankedFinding),
    /** In both. */
    left: z.number().int(),
  }),
  /** One of the two was not examined whole: something may be new, or gone, only because nobody looked. */
  partial: z.boolean(),
});
export type ImageComparison = z.infer<typeof ImageComparison>;
