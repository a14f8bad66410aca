/** What is recognised but has no cataloger yet: it makes an inventory partial, by name, never silently clean. */

type Recogniser = {
  what: string;
  pattern: RegExp;
  /** For lock files: the sibling directory whose presence shows that the packages are installed and were read there. */
  installedIn?: string;
};

/** Tried in order on the path of every file that no cataloger wants. */
const BY_PATH: readonly Recogniser[] = [
  { what: 'bun-lock', pattern: /(?:^|\/)bun\.lockb$/, installedIn: 'node_modules' },
  { what: 'deno-lock', pattern: /(?:^|\/)deno\.lock$/ },
  { what: 'mix-lock', pattern: /(?:^|\/)mix\.lock$/ },
  { what: 'pub-lock', pattern: /(?:^|\/)pubspec\.lock$/ },
  { what: 'swift-lock', pattern: /(?:^|\/)Package\.resolved$/ },
  { what: 'cocoapods-lock', pattern: /(?:^|\/)Podfile\.lock$/ },
  { what: 'conan-lock', pattern: /(?:^|\/)conan\.lock$/ },
  { what: 'r-package', pattern: /(?:^|\/)(?:site-library|library)\/[^/]+\/DESCRIPTION$|(?:^|\/)renv\.lock$/ },
  { what: 'opkg-database', pattern: /^usr\/lib\/opkg\/status$|^var\/lib\/opkg\/status$/ },
  { what: 'portage-database', pattern: /^var\/db\/pkg\/[^/]+\/[^/]+\/PF$/ },
  { what: 'pacman-database', pattern: /^var\/lib\/pacman\/local\/[^/]+\/desc$/ },
  { what: 'nix-database', pattern: /^nix\/var\/nix\/db\/db\.sqlite$/ },
];

export type Recognised = { what: string; installedIn: string | null };

/** @returns what a file is by its path; null for what is not recognised */
export function recognise(path: string): Recognised | null {
  for (const { what, pattern, installedIn } of BY_PATH)
    if (pattern.test(path)) return { what, installedIn: installedIn ?? null };
  return null;
}
