/** What docs/coverage.md says of each ecosystem: what is read, what the fixtures were made by, where advisories are from. */
export type Ecosystem = {
  name: string;
  /** Types of purls by which the images' packages are counted for it. */
  types: readonly string[];
  read: string;
  /** Folders of catalogers whose fixtures have a README that says how each was made. */
  fixtures: readonly string[];
  made: string;
  advisories: string;
};

export const ECOSYSTEMS: readonly Ecosystem[] = [
  {
    name: 'dpkg',
    types: ['deb'],
    read: '`status`, `status.d`, `info/*.list`, `*.md5sums`',
    fixtures: [],
    made: 'the images of this page: packages of Debian’s archive',
    advisories: 'Debian’s tracker, OSV (Debian), Ubuntu',
  },
  {
    name: 'rpm',
    types: ['rpm'],
    read: 'SQLite with its log, ndb, Berkeley DB, container-manifest-2',
    fixtures: ['rpm'],
    made: 'rpm 4.18, rpm 4.18 with ndb, Berkeley DB 5.3, SQLite',
    advisories: 'AlmaLinux, Rocky, Red Hat (CSAF), SUSE (CSAF), Amazon; the last three fixture only',
  },
  {
    name: 'apk',
    types: ['apk'],
    read: '`lib/apk/db/installed`, `usr/lib/apk/db/installed`',
    fixtures: [],
    made: 'written from the format’s documentation: no Alpine package can be had here',
    advisories: 'Alpine’s secdb; Wolfi and Chainguard: fixture only',
  },
  {
    name: 'npm',
    types: ['npm'],
    read: '`node_modules`, package.json elsewhere, Plug’n’Play archives, package-lock.json, yarn.lock, pnpm-lock.yaml, bun.lock',
    fixtures: ['npm'],
    made: 'npm, Yarn 1.22 and 4.5, pnpm 7, 8 and 10, Bun 1.2',
    advisories: 'OSV (npm), GitHub’s advisories in it; security-wg up to 2020',
  },
  {
    name: 'Python',
    types: ['pypi'],
    read: '`.dist-info`, `.egg-info`, eggs, wheels; Poetry, uv, PDM, pipenv, pylock.toml, requirements.txt',
    fixtures: ['python'],
    made: 'pip 23.2, uv, pipenv; Poetry and PDM written from their documentation',
    advisories: 'OSV (PyPI)',
  },
  {
    name: 'Java',
    types: ['maven'],
    read: 'jar, war, ear and the like, nested and shaded; gradle.lockfile',
    fixtures: ['java'],
    made: 'Maven 3.8 with its war, shade and Spring Boot plugins',
    advisories: 'OSV (Maven)',
  },
  {
    name: 'Go',
    types: ['golang'],
    read: 'build information in programs (ELF, PE, Mach-O), go.mod, go.sum, vendor/modules.txt',
    fixtures: ['go'],
    made: 'Go 1.26 for three systems, Go 1.16',
    advisories: 'OSV (Go), the standard library in it',
  },
  {
    name: 'Rust',
    types: ['cargo'],
    read: 'programs built with cargo-auditable, Cargo.lock 1 to 4',
    fixtures: ['rust'],
    made: 'Cargo 1.95, cargo-auditable 0.7; lock versions 1 and 2 from their documentation',
    advisories: 'RustSec, OSV (crates.io)',
  },
  {
    name: 'Ruby',
    types: ['gem'],
    read: 'specifications of installed gems, Gemfile.lock, gems.locked',
    fixtures: ['ruby'],
    made: 'RubyGems 3.3, Bundler 2.3',
    advisories: 'RubySec, OSV (RubyGems)',
  },
  {
    name: 'PHP',
    types: ['composer'],
    read: 'installed.json, composer.lock; PEAR and PECL (listed, no advisories)',
    fixtures: ['php'],
    made: 'Composer 2.5, PEAR 1.10',
    advisories: 'FriendsOfPHP, OSV (Packagist)',
  },
  {
    name: '.NET',
    types: ['nuget'],
    read: '*.deps.json, packages.lock.json',
    fixtures: ['dotnet'],
    made: 'written from the formats’ documentation: fixture only',
    advisories: 'OSV (NuGet)',
  },
  {
    name: 'conda',
    types: ['conda'],
    read: 'conda-meta',
    fixtures: ['conda'],
    made: 'written from the format’s documentation: fixture only',
    advisories: 'none: uncovered',
  },
  {
    name: 'programs nobody packaged',
    types: ['generic'],
    read: 'bash, BusyBox, curl, Erlang, Git, Go toolchain, HAProxy, httpd, Java, MariaDB, memcached, MySQL, nginx, Node.js, OpenSSL, Perl, PHP, PostgreSQL, Python, Redis, Ruby',
    fixtures: [],
    made: 'texts as they stand in the programs of Debian 12; Erlang’s, MySQL’s and Perl’s as their authors publish them',
    advisories: 'security-wg (Node.js), RubySec (Ruby), OSV (Bitnami) for nine more; the others uncovered',
  },
  {
    name: 'SBOMs inside images',
    types: [],
    read: 'SPDX 2 (JSON, tag-value), CycloneDX (JSON)',
    fixtures: ['sbom'],
    made: 'Syft 1.54; Bitnami’s form written from its documentation',
    advisories: 'those of each package’s ecosystem',
  },
];
