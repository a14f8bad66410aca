/** Packages of Alpine's apk. */
import { isUtf8 } from 'node:buffer';
import type { Package } from '@pratique/contract';
import { isVisible, printable } from '../../printable.ts';
import type { CatalogContext, Cataloged, CatalogedFile, Cataloger } from '../cataloger.ts';
import { makePurl } from '../purl.ts';

const DATABASES: readonly string[] = ['lib/apk/db/installed', 'usr/lib/apk/db/installed'];

export const apk: Cataloger = {
  name: 'apk',
  places: DATABASES,
  wants: (path) => DATABASES.includes(path),
  catalog(files, context) {
    const result: Cataloged = { packages: [], missing: [], owned: [] };
    for (const file of files) readDatabase(file, context, result);
    return result;
  },
};

/** Paragraphs of `LETTER:value` lines; `F:` names a directory, `R:` a file in the last one. @see apk-tools, src/database.c */
function readDatabase(file: CatalogedFile, context: CatalogContext, result: Cataloged): void {
  const text = isUtf8(file.content) ? file.content.toString('utf8') : file.content.toString('latin1');
  const problem = (detail: string): void =>
    void result.missing.push({ kind: 'unreadable', what: 'apk-database', path: file.path, detail });
  let number = 0;
  for (const paragraph of text.split(/\n(?:[ \t\r]*\n)+/)) {
    if (paragraph.trim() === '') continue;
    number += 1;
    const fields = new Map<string, string>();
    const paths: string[] = [];
    let directory = '';
    let bad: string | null = null;
    for (const line of paragraph.split('\n')) {
      if (line === '') continue;
      const value = line.slice(2);
      if (line[1] !== ':') bad ??= line;
      else if (line[0] === 'F') directory = value;
      else if (line[0] === 'R') paths.push(directory === '' ? value : `${directory}/${value}`);
      else if (line[0] && !fields.has(line[0])) fields.set(line[0], value.trim());
    }
    const name = fields.get('P') ?? '';
    const version = fields.get('V') ?? '';
    const label = `record ${number}${name ? ` (${name.slice(0, 80)})` : ''}`;
    if (bad !== null) problem(`${label} has the line ${JSON.stringify(bad.slice(0, 80))}, which is no field`);
    if (!/^[A-Za-z0-9._+@-]+$/.test(name) || !isVisible(version)) {
      problem(`${label} has no readable name and version`);
      continue;
    }
    const found = toPackage(fields, name, version, file, context);
    result.packages.push(found);
    result.owned.push({ purl: found.purl, paths, record: file.node });
  }
  if (text !== '' && !text.endsWith('\n')) problem(`the file ends in the middle of record ${number}`);
}

function toPackage(
  fields: Map<string, string>,
  name: string,
  version: string,
  file: CatalogedFile,
  context: CatalogContext,
): Package {
  const origin = fields.get('o') || name;
  const architecture = fields.get('A') || null;
  const id = context.distribution?.id ?? 'alpine';
  const distro = context.distribution ? `${id}-${context.distribution.version}` : null;
  return {
    name,
    version,
    type: 'apk',
    purl: makePurl('apk', id, name, version, { arch: architecture, distro, upstream: origin === name ? null : origin }),
    sourceName: origin,
    sourceVersion: version,
    architecture,
    owner: null,
    licenses: fields.get('L') ? [printable(fields.get('L') ?? '', 500)] : [],
    layer: context.layerOf(file.node),
    paths: [file.path],
  };
}
