/** Files that a program keeps its passwords in, known by their names: each line is read as that program reads it. */
import type { Severity } from '@pratique/contract';
import type { FileKind, Found, Random, Sample } from '../kind.ts';
import type { PathFacts } from '../path-facts.ts';
import { writeForm } from '../random-shape.ts';

export type LineFileForm = {
  id: string;
  title: string;
  severity: Severity;
  docs: string;
  /** Of the whole path. */
  files: RegExp;
  /** One line; the group `secret` is it. Bounded repetitions only. */
  line: RegExp;
  check?: (secret: string, line: string) => boolean;
  path: string;
  write(secret: string): string;
  secret?: (random: Random) => string;
  /** What stands in a secret's place and is none. */
  misses: readonly string[];
};

/** Longer lines are no lines of such files. */
const MAX_LINE = 4096;
const MAX_LINES = 20_000;

export function lineFile(form: LineFileForm): FileKind {
  const secretOf = form.secret ?? ((random: Random): string => writeForm('[0-9A-Za-z_]{18}', random));
  const sampleOf = (secret: string, real: boolean): Sample => ({
    path: form.path,
    text: `${form.write(secret)}\n`,
    secret: real ? secret : '',
  });
  return {
    by: 'file',
    id: form.id,
    title: form.title,
    severity: form.severity,
    docs: form.docs,
    certain: false,
    ownOnly: false,
    wants: (path: PathFacts) => form.files.test(path.path),
    findAll(content) {
      const found: Found[] = [];
      let from = 0;
      for (let lines = 0; from < content.length && lines < MAX_LINES; lines++) {
        const next = content.indexOf(10, from);
        const end = next < 0 ? content.length : next;
        if (end - from <= MAX_LINE) {
          const line = content.toString('latin1', from, end);
          const secret = form.line.exec(line)?.groups?.['secret'];
          if (secret !== undefined && form.check?.(secret, line) !== false) {
            const start = from + line.lastIndexOf(secret);
            found.push({ start, end: start + secret.length, secret, shown: '' });
          }
        }
        from = end + 1;
      }
      return found;
    },
    sample: (random) => sampleOf(secretOf(random), true),
    nearMisses: () => form.misses.map((miss) => sampleOf(miss, false)),
  };
}
