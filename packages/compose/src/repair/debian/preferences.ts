/** Pins: which version of a package apt prefers, as the image's own preferences say (apt_preferences(5)). */
import { parseStanzas, type Stanza } from '../../control/stanza.ts';
import { ComposeError } from '../../error.ts';
import type { Tree } from '../../files/tree.ts';
import { glob } from './glob.ts';

/** What a pin can be about: a version that a suite offers. */
export type Offer = {
  name: string;
  source: string;
  version: string;
  /** Null for what is installed and offered nowhere. */
  suite: {
    name: string;
    suite: string | null;
    codename: string | null;
    origin: string | null;
    label: string | null;
    version: string | null;
    component: string;
    host: string;
  } | null;
};

export type Preferences = { priority(offer: Offer): number; none: boolean };

type Pin = { packages: string[]; kind: string; value: string; priority: number };

const FOLDER = '/etc/apt/preferences.d';
const DEFAULT = 500;
const INSTALLED = 100;

/**
 * Reads `/etc/apt/preferences` and its folder. Records that name packages go before those for all; of several the first
 * that fits counts.
 *
 * @throws ComposeError `sources-invalid`, naming the file: a pin that cannot be read might hold back an upgrade
 */
export function readPreferences(tree: Tree): Preferences {
  const folder = tree.find(FOLDER);
  const names =
    folder?.kind === 'directory'
      ? [...folder.entries.keys()].filter((name) => /^[A-Za-z0-9_-]+(\.pref)?$/.test(name)).sort()
      : [];
  const pins = ['/etc/apt/preferences', ...names.map((name) => `${FOLDER}/${name}`)].flatMap((path) => {
    const text = tree.find(path)?.kind === 'file' ? tree.readText(path) : null;
    return text === null ? [] : read(text, path);
  });
  const specific = pins.filter((pin) => !pin.packages.includes('*'));
  const general = pins.filter((pin) => pin.packages.includes('*'));
  return {
    none: pins.length === 0,
    priority: (offer) => {
      const pin = [...specific, ...general].find((each) => applies(each, offer));
      return pin?.priority ?? (offer.suite === null ? INSTALLED : DEFAULT);
    },
  };
}

function read(text: string, path: string): Pin[] {
  let stanzas: Stanza[];
  try {
    stanzas = parseStanzas(text, path);
  } catch (cause) {
    throw new ComposeError('sources-invalid', `${path}: not preferences that can be read`, { cause });
  }
  return stanzas.map((stanza) => {
    const packages = (stanza.get('package') ?? '').split(/[\s,]+/).filter(Boolean);
    const [, kind = '', value = ''] = /^(\S+)\s+([\s\S]*)$/.exec(stanza.get('pin') ?? '') ?? [];
    const priority = Number(stanza.get('pin-priority') ?? Number.NaN);
    if (packages.length === 0 || !['version', 'release', 'origin'].includes(kind) || !Number.isInteger(priority))
      throw new ComposeError('sources-invalid', `${path}: a record without usable Package, Pin and Pin-Priority`);
    return { packages, kind, value: value.trim(), priority };
  });
}

function applies(pin: Pin, offer: Offer): boolean {
  const named = pin.packages.some((pattern) =>
    pattern.startsWith('src:')
      ? matches(pattern.slice(4), offer.source)
      : matches(pattern.split(':')[0] ?? '', offer.name),
  );
  if (!named) return false;
  if (pin.kind === 'version') return matches(pin.value, offer.version);
  if (!offer.suite) return false;
  if (pin.kind === 'origin') return matches(pin.value.replace(/^"(.*)"$/, '$1'), offer.suite.host);
  const { suite } = offer;
  const keys: Record<string, (string | null)[]> = {
    a: [suite.suite],
    n: [suite.codename],
    o: [suite.origin],
    l: [suite.label],
    v: [suite.version],
    c: [suite.component],
  };
  return pin.value.split(',').every((term) => {
    const [, key = '', wanted = ''] = /^\s*([a-z])\s*=\s*"?([^"]*?)"?\s*$/.exec(term) ?? [];
    // A word alone is a release by its archive, codename or version.
    if (key === '') return [suite.suite, suite.codename, suite.version].some((own) => own === term.trim());
    return key === 'b' || (keys[key] ?? []).some((own) => own !== null && matches(wanted, own));
  });
}

/** Shell patterns, or a regular expression between slashes, of which only letters and wildcards are understood. */
function matches(pattern: string, text: string): boolean {
  const expression = /^\/(.*)\/$/.exec(pattern)?.[1];
  if (expression !== undefined) {
    // JavaScript's engine is not for hostile patterns: only those without repetition of groups are tried.
    const plain = /^\^?[A-Za-z0-9.+:~_-]*(\.\*)?[A-Za-z0-9.+:~_-]*\$?$/.test(expression);
    return plain ? new RegExp(expression.replace(/[+]/g, '\\+')).test(text) : true;
  }
  return glob(pattern, text);
}
