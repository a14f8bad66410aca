/** Generated pairs of each scheme compare as its own tool compares them; a tool that is not here is not installed. */
import { expect, test } from 'vitest';
import { compareVersions, isVersion } from './compare.ts';
import { NATIVE, type Pair } from './native-order.fixture.ts';

const PAIRS = 10_000;

/** Pieces that versions are made of, biased to where orders differ; `head` begins every version. */
const PIECES: Readonly<Record<keyof typeof NATIVE, { head: readonly string[]; pieces: readonly string[] }>> = {
  deb: {
    head: ['0', '1', '2', '10', '0:1', '1:0', '1:1', '007', '99999999999999999999'],
    pieces: [
      '.',
      '.0',
      '.1',
      '.01',
      '.10',
      '~',
      '~~',
      '~rc1',
      '~rc2',
      '+',
      '+deb12u1',
      '+dfsg',
      '-',
      '-0',
      '-1',
      '-1.1',
      '+b1',
      'a',
      'b',
      'Z',
      'rc',
      '12345678901234567890',
    ],
  },
  rpm: {
    head: ['0', '1', '2', '10', '007', '99999999999999999999', 'a'],
    pieces: [
      '.',
      '.0',
      '.1',
      '.01',
      '.10',
      '~',
      '~~',
      '~rc1',
      '^',
      '^^',
      '^git1',
      '^20240101',
      '_',
      '+',
      'a',
      'b',
      'Z',
      'rc',
      'p1',
      '.el9',
      '_1',
      '12345678901234567890',
    ],
  },
  pep440: {
    head: ['0', '1', '2', '10', '1!0', 'v1', '007', '99999999999999999999'],
    pieces: [
      '.0',
      '.1',
      '.01',
      '.10',
      'a',
      'a1',
      'b2',
      'rc1',
      'c1',
      '-alpha.1',
      '_beta',
      '.pre1',
      '.preview',
      '.post1',
      '-1',
      '.rev',
      'r2',
      '.dev',
      '.dev0',
      '.dev3',
      '+local',
      '+1',
      '+1.a',
      '.x',
      '-',
      '*',
      ' ',
      'A1',
      '.POST2',
    ],
  },
  maven: {
    head: ['0', '1', '2', '10', '007', 'a', 'v1', '.', '1234567890', '12345678901234567890', '0000000000000000000000'],
    pieces: [
      '.',
      '-',
      '.0',
      '.1',
      '-0',
      '-1',
      '.01',
      '.10',
      'a',
      'a1',
      'b1',
      'm2',
      '-alpha',
      '-alpha-1',
      '.beta',
      '-rc1',
      '.RC2',
      '-cr1',
      '-SNAPSHOT',
      '.Final',
      '-ga',
      '-release',
      '-sp',
      '-sp1',
      '-jre',
      '.jre8',
      '-x',
      '_1',
      '+1',
      '12345678901',
      '--',
      '..',
    ],
  },
  gem: {
    head: ['0', '1', '2', '10', '007', '99999999999999999999'],
    pieces: [
      '.0',
      '.1',
      '.01',
      '.10',
      '.a',
      '.b',
      '.rc1',
      '.rc',
      '.pre',
      '.pre.1',
      '-1',
      '-rc',
      '-java',
      '.beta2',
      '.A',
      '.0a',
      '.a0',
      '.0.0',
      '-',
      '_',
      '.',
      '12',
    ],
  },
  composer: {
    head: ['0', '1', '2', '10', 'v1', '007', '2024', '20240101', '99999', '100000', 'dev-main', '1.x'],
    pieces: [
      '.0',
      '.1',
      '.01',
      '.10',
      '.x',
      '-alpha',
      '-alpha1',
      'a1',
      '-beta.2',
      'b',
      '-RC1',
      '.rc',
      '-RC',
      '-patch1',
      'p2',
      '-pl',
      '-dev',
      '.dev',
      '-stable',
      '+build',
      '-01',
      '-15',
      '.2024',
      '.99999999999999999999',
      '@beta',
      '-beta-2',
      'alpha.',
    ],
  },
  golang: {
    head: ['v0.0.0', 'v0.1.0', 'v1.0.0', 'v1.0.10', 'v1.2.3', 'v2.0.0', 'v1', 'v1.2'],
    pieces: [
      '-0',
      '-1',
      '-20240101000000-abcdefabcdef',
      '-0.20240101000000-abcdefabcdef',
      '-pre',
      '-pre.0.20230101000000-abcdefabcdef',
      '-rc.1',
      '.0',
      '.1',
      '.a',
      '+incompatible',
      '+1',
      '-',
    ],
  },
  semver: {
    head: ['0.0.0', '0.1.0', '1.0.0', '1.0.10', '1.2.3', '10.0.0', '1.0.9007199254740991'],
    pieces: [
      '-0',
      '-1',
      '-10',
      '-a',
      '-alpha',
      '-alpha.1',
      '-rc.1',
      '.0',
      '.1',
      '.10',
      '.a',
      '.rc',
      '.A',
      '.-',
      '--',
      '-',
      '+build',
      '+1',
      'a',
      '1',
    ],
  },
};

for (const scheme of Object.keys(NATIVE) as (keyof typeof NATIVE)[])
  test(`${scheme}: generated pairs compare as the native tool compares them`, (ctx) => {
    const pairs = generate(scheme);
    const answers = NATIVE[scheme](pairs);
    if (typeof answers === 'string') return ctx.skip(answers);
    expect(answers).toHaveLength(PAIRS);
    const compared = answers.filter((answer) => answer !== null).length;
    expect(compared).toBeGreaterThan(PAIRS / 4);
    const differences = pairs.flatMap(([a, b], at) => {
      const native = answers[at] ?? null;
      // These tools are stricter than advisories are written, so that what they refuse may be read here.
      if (native === null && (scheme === 'semver' || scheme === 'golang')) return [];
      const own = isVersion(scheme, a) && isVersion(scheme, b) ? compareVersions(scheme, a, b) : null;
      return own === native ? [] : [`${a} ${b}: ${own}, the tool says ${native}`];
    });
    expect(differences.slice(0, 20)).toEqual([]);
  });

function generate(scheme: keyof typeof NATIVE): Pair[] {
  const random = generator(20_261_122);
  const { head, pieces } = PIECES[scheme];
  const pick = (from: readonly string[]): string => from[Math.floor(random() * from.length)] ?? '';
  const tail = (): string[] => Array.from({ length: Math.floor(random() * 5) }, () => pick(pieces));
  return Array.from({ length: PAIRS }, () => {
    const [first, parts] = [pick(head), tail()];
    // Half of the pairs differ in one place only: that is where orders are decided.
    const other =
      random() < 0.5
        ? [...tail()]
        : parts.toSpliced(Math.floor(random() * (parts.length + 1)), random() < 0.5 ? 1 : 0, pick(pieces));
    return [first + parts.join(''), (random() < 0.7 ? first : pick(head)) + other.join('')] as const;
  });
}

function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
