/** What the name of a file says about a secret in it. */

export type PathFacts = {
  /** Milliseconds since 1970 at which the examination is made; null: nothing counts as expired. */
  now: number | null;
  /** Inside of the image, without a leading slash; `outer.zip!inner/file` inside of archives. */
  path: string;
  /** The file's own name, in lower case. */
  base: string;
  /** `own`: what the image's makers put there; `package`: packages of others, `system`: directories of the distribution. */
  place: 'own' | 'package' | 'system';
  /** Documentation, tests and examples, below packages of others. */
  illustration: boolean;
  /** Keys are kept in files of such names; in a program they are its tests. */
  keyFile: boolean;
  /** A file of settings: here a value with a telling name is enough. */
  configuration: boolean;
  /** Written by tools, or texts that people read: lock files, source maps, minified code, lists of hashes, messages. Values with telling names are no secrets there. */
  generated: boolean;
};

const CONFIGURATION =
  /\.(?:env|ini|cfg|cnf|conf|config|properties|ya?ml|toml|json|json5|xml|plist|tfvars|tfstate|hcl|service|settings|secrets|credentials|envrc)$|^\.?env(?:\.[\w.-]+)?$|\.env\.[\w.-]+$|^\.?(?:netrc|npmrc|yarnrc|pypirc|pgpass|my\.cnf|boto|s3cfg|htpasswd|bashrc|bash_profile|profile|zshrc|bash_history|zsh_history|git-credentials|credentials|secrets?|passwords?)$|^(?:config|settings|secrets?|credentials)[\w.-]{0,40}\.txt$|^wp-config\.php$/;
const PACKAGE =
  /(?:^|\/)(?:node_modules|site-packages|dist-packages|bower_components|jspm_packages|\.pnpm|\.yarn|\.m2\/repository|\.gem|\.cargo\/registry|\.nuget|go\/pkg\/mod|gems\/[^/]+\/gems|vendor\/(?:bundle|github\.com|golang\.org|composer|cache)|lib\/python\d[\d.]*)\/|^usr\/local\/go\/|^(?:opt|root|home\/[^/]+)\/(?:\.pyenv|\.nvm|\.rbenv|\.asdf|conda|miniconda3?|anaconda3?)\//;
const SYSTEM =
  /^(?:usr\/(?:share|lib|lib32|lib64|libx32|include|libexec|src|bin|sbin|games)|lib|lib64|lib32|bin|sbin|boot|var\/lib\/(?:dpkg|apt|rpm|pacman)|lib\/apk|usr\/local\/(?:lib\/(?:perl|ruby)|share\/(?:man|perl|doc)|include))(?:\/|$)/;
const KEY_FILE =
  /\.(?:pem|key|ppk|asc|gpg|p8|crt|cer|cert|json|ya?ml|conf|cnf|env|ovpn)$|^[\w-]{0,40}id_(?:rsa|dsa|ecdsa|ed25519)|_key$/;
const ILLUSTRATION =
  /(?:^|\/)(?:docs?|documentation|man|info|examples?|samples?|demos?|tests?|__tests__|testing|test-?data|test-?suite|specs?|fixtures?|__fixtures__|mocks?|__mocks__|benchmarks?|tutorials?|cookbook|conformance_tests?|locale|i18n)(?:\/|$)|(?:^|[._-])(?:test|tests|spec|example|sample|mock|fixture|dist)\.[\w.]{1,12}$|\/(?:readme|changelog|changes|history|news|license)[^/]*$|\.(?:md|markdown|rst|html?|adoc|pod)$/i;
const GENERATED =
  /(?:^|[.-])(?:lock|min\.m?js|min\.css|map|sum|snap|bundle\.js|tsbuildinfo)$|^(?:package-lock|npm-shrinkwrap|deno|composer)[\w.-]*\.(?:json|lock)$|^(?:pnpm-lock\.yaml|go\.sum|yarn\.lock|record|checksums?\.\w+|sha\d+sums?|md5sums|\.package-lock\.json|installed\.json)$|\.(?:md5sums|sha256|sha512|asc|sig|svg|css|pdb|po|pot|tex|ipynb|proto|d\.ts|crt|cer|pub|integrity|sbom|cdx\.json|spdx\.json)$|(?:strings|messages?)(?:_[a-z_]{2,10})?\.properties$/;

/** @param path with `/` between its parts; a leading slash is left out */
export function pathFacts(path: string, now: number | null = null): PathFacts {
  const clean = path.replace(/^\.?\//, '');
  const base = clean.slice(Math.max(clean.lastIndexOf('/'), clean.lastIndexOf('!')) + 1).toLowerCase();
  const inside = clean.slice(clean.lastIndexOf('!') + 1);
  const place = PACKAGE.test(clean) ? 'package' : SYSTEM.test(clean) ? 'system' : 'own';
  return {
    now,
    path: clean,
    base,
    place,
    illustration: place !== 'own' && ILLUSTRATION.test(inside),
    keyFile: KEY_FILE.test(base),
    configuration:
      CONFIGURATION.test(base) || (clean.startsWith('etc/') && !base.includes('.')) || clean.startsWith('run/secrets/'),
    generated: GENERATED.test(base),
  };
}
