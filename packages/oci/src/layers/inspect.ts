/** Contents shown to whoever looks for something in them, beside the examination that builds the tree. */

export type InspectedFile = {
  path: string;
  size: number;
  mode: number;
  /** The first bytes (HEAD_BYTES of them, all where the file is shorter); valid only during the call. */
  head: Buffer;
  /** Its content does not come: it is stored in pieces with holes. */
  sparse: boolean;
};

export type InspectingSink = {
  /** A piece is valid only during the call. */
  data(piece: Buffer): void;
  /** @returns what was found, for JSON; null or undefined for nothing */
  end(): unknown;
};

export type Inspector = {
  /** Called for every regular file of every layer, those that later layers take away included. Null wants nothing of it. */
  open(file: InspectedFile): InspectingSink | null;
  /** Null while more may come; else resolves when it may. */
  room(): Promise<void> | null;
  /** Nothing more comes for now: what is held back to be done together is to be done. */
  flush(): void;
};

/** What was found in one file of one layer. */
export type InspectedFacts = { layer: number; path: string; facts: unknown };
