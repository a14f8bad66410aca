/** The order in which packages are put in: what others need comes first. */
import type { Unit } from './unit.ts';

/** In circles by name. */
export function inOrder<Item extends { opened: { offer: Pick<Unit, 'name' | 'provides' | 'needs'> } }>(
  items: readonly Item[],
): Item[] {
  const ordered = new Set<Item>();
  const visiting = new Set<Item>();
  const given = new Map<string, Item>();
  for (const item of items) for (const { name } of item.opened.offer.provides) given.set(name, item);
  const visit = (item: Item): void => {
    if (ordered.has(item) || visiting.has(item)) return;
    visiting.add(item);
    for (const need of item.opened.offer.needs)
      for (const { name } of need.relations) {
        const other = given.get(name);
        if (other) visit(other);
      }
    ordered.add(item);
  };
  for (const item of [...items].sort((a, b) => (a.opened.offer.name < b.opened.offer.name ? -1 : 1))) visit(item);
  return [...ordered];
}
