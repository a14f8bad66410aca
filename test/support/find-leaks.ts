/** Finds which of many texts occur somewhere, in time that does not grow with their number. */

const PROBE = 10;

/** What of a secret no encoding of JSON changes: its longest run of plain characters; null where that is too short. */
export function needleOf(secret: string): string | null {
  const [longest = ''] = [...secret.matchAll(/[A-Za-z0-9+/=_.-]+/g)]
    .map(([run]) => run)
    .sort((a, b) => b.length - a.length);
  return longest.length >= PROBE ? longest : null;
}

/** @returns the needles that are in the text, as they are or in hexadecimal, as databases print bytes */
export function findLeaks(text: string, needles: Iterable<string>): string[] {
  const probes = new Map<string, { needle: string; written: string }[]>();
  for (const needle of needles)
    for (const written of [needle, Buffer.from(needle).toString('hex')]) {
      const probe = written.slice(0, PROBE);
      probes.set(probe, [...(probes.get(probe) ?? []), { needle, written }]);
    }
  const found = new Set<string>();
  for (let at = 0; at + PROBE <= text.length; at++)
    for (const { needle, written } of probes.get(text.slice(at, at + PROBE)) ?? [])
      if (text.startsWith(written, at)) found.add(needle);
  return [...found];
}
