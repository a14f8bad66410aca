/** Who has a set of packages: images of an account, containers that run them, customers that received them. */
import { z } from 'zod';
import { SeverityCounts } from './image.ts';
import { Placement } from './placement.ts';

/** Where the next page begins, as the answer before gave it; the text means nothing to whoever sends it. */
export const Cursor = z.string().min(1).max(600);

/** A package as lists name it. */
export const ListedPackage = z.object({
  type: z.string(),
  name: z.string(),
  version: z.string(),
  purl: z.string(),
  sourceName: z.string(),
  sourceVersion: z.string(),
  architecture: z.string().nullable(),
  /** The system that it was built for: `Debian GNU/Linux 12 (bookworm)`; null for packages of languages. */
  distribution: z.string().nullable(),
});
export type ListedPackage = z.infer<typeof ListedPackage>;

/** An image is what a repository holds by a digest: the same bytes in two repositories are two images. */
export const HolderCounts = z.object({
  images: z.number().int(),
  repositories: z.number().int(),
  /** Containers that run one of them now, as the clusters' agents say, and in how many clusters. */
  containers: z.number().int(),
  clusters: z.number().int(),
  /** Accounts that one of them was delivered to. */
  customers: z.number().int(),
});
export type HolderCounts = z.infer<typeof HolderCounts>;

export const HoldingImage = z.object({
  repository: z.string(),
  /** Of the platform's manifest; an index that lists it is in `indexes`. */
  digest: z.string(),
  indexes: z.array(z.string()),
  /** That name it, or an index that lists it; at most 20. */
  tags: z.array(z.string()),
  pushedAt: z.string(),
  /** Of the image itself, else of an index that lists it; null: nobody has decided. */
  decision: z.enum(['allow', 'deny']).nullable(),
  verdictState: z.string().nullable(),
  /** Containers that run it now. */
  containers: z.number().int(),
  /** Of the packages that were asked for, those that it has; at most 20. */
  packages: z.array(z.object({ name: z.string(), version: z.string(), type: z.string() })),
});
export type HoldingImage = z.infer<typeof HoldingImage>;

export const HoldingImages = z.object({ images: z.array(HoldingImage), next: z.string().nullable() });
export type HoldingImages = z.infer<typeof HoldingImages>;

export const HoldingPlacements = z.object({ placements: z.array(Placement), next: z.string().nullable() });
export type HoldingPlacements = z.infer<typeof HoldingPlacements>;

/** A delivery that brought an image to another account. */
export const HoldingCustomer = z.object({
  customer: z.string(),
  repository: z.string(),
  tag: z.string(),
  digest: z.string(),
  at: z.string(),
});
export type HoldingCustomer = z.infer<typeof HoldingCustomer>;

export const HoldingCustomers = z.object({ customers: z.array(HoldingCustomer), next: z.string().nullable() });
export type HoldingCustomers = z.infer<typeof HoldingCustomers>;

/** Packages of the account's images, found by name; each row is one distinct package. */
export const PackageRow = ListedPackage.extend({
  images: z.number().int(),
  findings: SeverityCounts,
  fixable: z.number().int(),
  exploited: z.number().int(),
  /** False: no source of advisories says anything of it, or nobody has looked yet; that there are no findings means nothing then. */
  covered: z.boolean(),
});
export type PackageRow = z.infer<typeof PackageRow>;

export const PackageRows = z.object({ packages: z.array(PackageRow), next: z.string().nullable() });
export type PackageRows = z.infer<typeof PackageRows>;

/** What the suites of a distribution offer now of a package, as an upgrade would bring it. */
export const PackageOffer = z.object({
  distribution: z.string(),
  architecture: z.string(),
  /** null: they have no package of that name. */
  version: z.string().nullable(),
  /** When the archive last said something; null where that is not known. */
  date: z.string().nullable(),
});
export type PackageOffer = z.infer<typeof PackageOffer>;

/** One package, by type and name, in all its versions or one. */
export const PackagePage = z.object({
  type: z.string(),
  name: z.string(),
  /** How many distinct ones there are, and how many the account holds; rows come in pages. */
  versions: z.number().int(),
  holders: HolderCounts,
  findings: SeverityCounts,
  fixable: z.number().int(),
  exploited: z.number().int(),
  /** The lowest version that clears all findings that have a fix; null where there is none, or their order is not known. */
  fixedVersion: z.string().nullable(),
  /** SPDX expressions and names, as the images' files say; at most 50. */
  licenses: z.array(z.string()),
  /** Versions that no source of advisories says anything of: without findings, and not known to be clean. */
  uncovered: z.number().int(),
  /** For each distribution that it was built for and that is asked; empty: what is newest is not known. */
  offered: z.array(PackageOffer),
});
export type PackagePage = z.infer<typeof PackagePage>;
