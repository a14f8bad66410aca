/** Which tags of a base's repository are of its kind, and in which order they are worth a look. */

type Parsed = { tag: string; kind: string; numbers: readonly (readonly number[])[] };

const MAX_TAGS = 100_000;

/** `12.5-slim` is `#-slim` with 12 and 5; `bookworm-20260112` is `bookworm-#` with a date. */
function parse(tag: string): Parsed {
  const numbers: number[][] = [];
  const kind = tag.replace(/\d+(?:\.\d+)*/g, (text) => {
    numbers.push(text.split('.').map(Number));
    return '#';
  });
  return { tag, kind, numbers };
}

function compareNumbers(a: Parsed, b: Parsed): number {
  for (let group = 0; group < Math.max(a.numbers.length, b.numbers.length); group += 1) {
    const [own, other] = [a.numbers[group] ?? [], b.numbers[group] ?? []];
    for (let at = 0; at < Math.max(own.length, other.length); at += 1) {
      // `12` stands for the newest of `12.x`.
      const difference = (own[at] ?? Number.POSITIVE_INFINITY) - (other[at] ?? Number.POSITIVE_INFINITY);
      if (difference !== 0 && !Number.isNaN(difference)) return difference;
    }
  }
  return 0;
}

const shares = (a: Parsed, b: Parsed, count: number): boolean =>
  Array.from({ length: count }, (_, at) => at).every((at) => a.numbers[0]?.[at] === b.numbers[0]?.[at]);

/**
 * The tag itself (it may have moved), then the newest of its minor, of its major and of all, then the rest from the
 * newest on; never older ones. Pre-releases are of another kind than releases (`3.13-rc` is `#-rc`), so they stay out.
 *
 * @param tag what the image was built on
 * @param limit of candidates
 */
export function orderTags(tag: string, tags: readonly string[], limit: number): string[] {
  const current = parse(tag);
  const alike = [...new Set(tags)]
    .slice(0, MAX_TAGS)
    .map(parse)
    .filter((one) => one.kind === current.kind && compareNumbers(one, current) >= 0)
    .sort((a, b) => compareNumbers(b, a) || (a.tag < b.tag ? -1 : 1));
  const first = [
    alike.find((one) => one.tag === tag),
    alike.find((one) => shares(one, current, 2)),
    alike.find((one) => shares(one, current, 1)),
    alike[0],
  ].filter((one) => one !== undefined);
  return [...new Set([...first, ...alike].map((one) => one.tag))].slice(0, limit);
}
