/** Where a pom.xml says the versions of dependencies, by the place in the text, so that nothing else changes. */

export type PomDependency = {
  name: string;
  /** As resolved with the file's own properties; null where another file says it. */
  version: string | null;
  /** Property that holds the version; null where it stands in the dependency itself. */
  property: string | null;
  /** Where the text of the version stands, from and to; null where another file has it. */
  at: { from: number; to: number } | null;
  managed: boolean;
  scope: string;
};

type Element = { name: string; from: number; to: number; children: Element[] };
type Located = { path: string; element: Element };

const MAX_ELEMENTS = 200_000;
const MAX_DEPTH = 100;

/** Linear in the text; comments, instructions and declarations are passed over. */
function elementsOf(text: string): Located[] {
  const found: Located[] = [];
  const open: Element[] = [];
  for (let at = text.indexOf('<'); at >= 0 && found.length < MAX_ELEMENTS; at = text.indexOf('<', at)) {
    const skip = text.startsWith('<!--', at) ? '-->' : text.startsWith('<![CDATA[', at) ? ']]>' : null;
    const end = text.indexOf(skip ?? '>', at);
    if (end < 0) break;
    const tag = text.slice(at + 1, Math.min(end, at + 500));
    const next = end + (skip ?? '>').length;
    if (!skip && tag[0] === '/') {
      const closed = open.pop();
      if (closed) {
        closed.to = at;
        open.at(-1)?.children.push(closed);
        found.push({ path: [...open, closed].map(({ name }) => name).join('/'), element: closed });
      }
    } else if (!skip && tag[0] !== '?' && tag[0] !== '!' && !tag.endsWith('/')) {
      open.push({ name: /^[^\s/]{0,200}/.exec(tag)?.[0] ?? '', from: next, to: next, children: [] });
      if (open.length > MAX_DEPTH) break;
    }
    at = next;
  }
  return found;
}

/** @see Maven documentation, "POM Reference", "Dependencies", "Dependency Management", "Properties" */
export function readPomDependencies(text: string): PomDependency[] {
  const elements = elementsOf(text);
  const byPath = new Map<string, Element[]>();
  for (const { path, element } of elements)
    if (/^project\/(?:(?:parent\/)?[^/]+|properties\/[^/]+)$/.test(path)) {
      const list = byPath.get(path);
      if (list) list.push(element);
      else byPath.set(path, [element]);
    }
  const inside = (outer: Element, name: string) => outer.children.find((one) => one.name === name);
  const textOf = (element: Element | undefined) => element && text.slice(element.from, element.to).trim();
  const property = (name: string): Element | undefined => {
    const found = byPath.get(`project/properties/${name}`) ?? [];
    return found.length === 1 ? found[0] : undefined;
  };
  const resolve = (
    value: string | undefined,
    depth = 0,
  ): { value: string; element: Element | null; name: string | null } | null => {
    if (value === undefined || depth > 5) return null;
    const name = /^\$\{([^${}]{1,200})\}$/.exec(value)?.[1];
    if (name === undefined) return value.includes('${') ? null : { value, element: null, name: null };
    const own = /^(?:project|pom)\.(version|groupId|parent\.version|parent\.groupId)$/.exec(name)?.[1];
    const element = own
      ? (byPath.get(`project/${own.replace('.', '/')}`)?.[0] ?? byPath.get(`project/parent/${own}`)?.[0])
      : property(name);
    const inner = resolve(textOf(element), depth + 1);
    return inner && { value: inner.value, element: inner.element ?? element ?? null, name: inner.name ?? name };
  };
  return elements
    .filter(({ path }) => /^project\/(?:dependencyManagement\/)?dependencies\/dependency$|^project\/parent$/.test(path))
    .flatMap(({ path, element: dependency }) => {
      const group = resolve(textOf(inside(dependency, 'groupId')))?.value;
      const artifact = resolve(textOf(inside(dependency, 'artifactId')))?.value;
      if (!group || !artifact || !/^[\w.-]+$/.test(group) || !/^[\w.-]+$/.test(artifact)) return [];
      const element = inside(dependency, 'version');
      const version = resolve(textOf(element));
      const place = version?.element ?? element ?? null;
      const raw = place ? text.slice(place.from, place.to) : '';
      const from = (place?.from ?? 0) + (raw.length - raw.trimStart().length);
      return [
        {
          name: `${group}:${artifact}`,
          version: version?.value ?? null,
          property: version?.name ?? null,
          at: version && place ? { from, to: from + raw.trim().length } : null,
          managed: path !== 'project/dependencies/dependency',
          scope: textOf(inside(dependency, 'scope')) ?? 'compile',
        },
      ];
    });
}

/** Ranges such as `[1.0,2.0)` name no one version. */
export const isPlainVersion = (version: string): boolean => /^[A-Za-z0-9][\w.+-]*$/.test(version);
