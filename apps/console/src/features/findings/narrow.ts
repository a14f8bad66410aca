/** What narrows a list of findings: as the address has it, as the server is asked, as a command says it. */
import type { FindingFacets } from '@pratique/contract';
import { shellWord } from '../../format/reference.ts';

/** Choices with a few values each, in the order they are shown. */
export const CHOICES = ['severity', 'fixable', 'exploited', 'running', 'excepted', 'type'] as const;
export type Choice = (typeof CHOICES)[number];

/** Of these one value excludes the other. */
const TWOFOLD: ReadonlySet<Choice> = new Set(['fixable', 'exploited', 'running']);

export const SORTS = ['priority', 'severity', 'images', 'first-seen'] as const;

/** What the server is asked by; values that are not set are left out. */
export type Narrowed = Readonly<Record<string, string | undefined>>;

/** @param param reads a value of the address, empty where it has none */
export function readNarrowed(q: string, param: (name: string) => string): Narrowed {
  const search = q.trim();
  const all = [...CHOICES, 'repository' as const].map((name) => [name, param(name)] as const);
  return Object.fromEntries([['search', search] as const, ...all].filter(([, value]) => value !== ''));
}

/** The choice's values after one of them was taken or dropped; parts are separated by commas, as the server reads them. */
export function toggled(choice: Choice, chosen: string, value: string): string {
  const values = chosen.split(',').filter((one) => one !== '');
  if (values.includes(value)) return values.filter((one) => one !== value).join(',');
  return TWOFOLD.has(choice) ? value : [...values, value].join(',');
}

export const isChosen = (chosen: string, value: string): boolean => chosen.split(',').includes(value);

/** The order that is asked for; what no server knows is the usual one. */
export function readSort(asked: string | undefined): (typeof SORTS)[number] {
  return SORTS.find((one) => one === asked) ?? 'priority';
}

/** How many findings there would be with this value; `null` while that is not known. */
export function countOf(facets: FindingFacets | undefined, choice: Choice, value: string): number | null {
  return facets ? (facets[choice].find((one) => one.value === value)?.count ?? 0) : null;
}

/** Words of the command where they are not those of the address. */
const FLAGS: Readonly<Record<string, string>> = { version: 'package-version', source: 'of-source' };

/** The command that gives the same list. */
export function commandOf(
  account: string,
  narrowed: Narrowed,
  more: { sort?: string; upgrades?: boolean } = {},
): string {
  const words = ['pratique', 'findings', account];
  if (more.upgrades) words.push('--upgrades');
  for (const [name, value] of Object.entries(narrowed)) {
    if (value === undefined) continue;
    const flag = FLAGS[name] ?? name;
    if (value === 'true') words.push(`--${flag}`);
    else if (value === 'false') words.push(`--no-${flag}`);
    else words.push(`--${flag}`, value);
  }
  if (more.sort && more.sort !== 'priority') words.push('--sort', more.sort);
  return words.map(shellWord).join(' ');
}
