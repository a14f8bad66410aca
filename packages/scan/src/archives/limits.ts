/** What the archives inside one file may cost: each is somebody else's, and may be made to cost much. */

export type NestedLimits = {
  /** Archives in archives; a compressed archive counts once. */
  depth: number;
  /** Members of all archives in one file together. */
  members: number;
  /** Expanded bytes of all archives in one file together. */
  bytes: number;
  /** Expanded bytes of one member; what is beyond is cut off and named. */
  memberBytes: number;
  /** Expanded bytes for each byte of the file, judged above `ratioFloor`. */
  ratio: number;
  ratioFloor: number;
  /** Letters of a member's name. */
  nameLength: number;
};

const MIB = 1024 * 1024;

export const NESTED_LIMITS: NestedLimits = {
  depth: 8,
  members: 200_000,
  bytes: 1024 * MIB,
  memberBytes: 128 * MIB,
  ratio: 200,
  ratioFloor: 64 * MIB,
  nameLength: 512,
};
