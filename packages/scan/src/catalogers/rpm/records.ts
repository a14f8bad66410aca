/** What the three databases of rpm have in common: they hand out header blobs, and say what they could not read. */

export type RpmRecords = {
  blobs: Buffer[];
  problems: string[];
};

/** No installation has as many packages. */
export const MAX_RECORDS = 100_000;
/** A database with more that cannot be read is not gone through any further. */
export const MAX_PROBLEMS = 1000;
/** rpm refuses larger headers. @see rpm, lib/header.c, HEADER_DATA_MAX */
export const MAX_BLOB = 256 * 1024 * 1024;
