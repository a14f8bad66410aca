/** The catalogers there are: one explicit list. */
import { apk } from './apk/apk.ts';
import type { Cataloger } from './cataloger.ts';
import { conda } from './conda/conda.ts';
import { dotnet } from './dotnet/dotnet.ts';
import { dpkg } from './dpkg/dpkg.ts';
import { executables } from './executables/executables.ts';
import { go } from './go/go.ts';
import { java } from './java/java.ts';
import { npm } from './npm/npm.ts';
import { php } from './php/php.ts';
import { python } from './python/python.ts';
import { rpm } from './rpm/rpm.ts';
import { ruby } from './ruby/ruby.ts';
import { rust } from './rust/rust.ts';
import { sbom } from './sbom/sbom.ts';

/** Raised whenever the same image would give another inventory. */
export const CATALOGER_REVISION = 4;

export const CATALOGERS: readonly Cataloger[] = [
  dpkg,
  apk,
  rpm,
  npm,
  python,
  java,
  ruby,
  php,
  dotnet,
  conda,
  go,
  rust,
  executables,
  sbom,
];
