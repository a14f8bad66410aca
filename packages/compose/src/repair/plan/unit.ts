/** A package in terms of what it needs and gives: what a plan is made of, whatever the family. */

/** A name that a package gives, its own among them; without a version it meets only needs that ask for none. */
export type Provided = { name: string; version: string | null };

export type Relation = {
  name: string;
  admits(provided: Provided): boolean;
};

/** Looks up who gives what a relation asks for, among the packages of one moment. */
export type Lookup = (relation: Relation) => readonly Unit[];

export type Need = {
  /** As the package says it: needs with the same text are the same. */
  text: string;
  /** Relations any of which might meet it. */
  relations: readonly Relation[];
  isMet(lookup: Lookup): boolean;
};

export type Unit = {
  name: string;
  version: string;
  /** For messages and reports. */
  architecture: string;
  provides: readonly Provided[];
  needs: readonly Need[];
  /** What must not be beside it. */
  conflicts: readonly Relation[];
  /** Packages that it stands for: they go where it comes. */
  obsoletes: readonly Relation[];
};

/** A need that one relation meets. */
export const needOf = (text: string, relation: Relation): Need => ({
  text,
  relations: [relation],
  isMet: (lookup) => lookup(relation).length > 0,
});
