/**
 * Packages that conda installed. They carry the type `generic`: no source has advisories in conda's versions, and what
 * of them is a package of Python is found by its own metadata as well.
 */

import { isVisible } from '../../printable.ts';
import type { Cataloger } from '../cataloger.ts';
import { Gathering } from '../gathering.ts';
import { spdxLicence } from '../licence.ts';
import { makePurl } from '../purl.ts';
import { asObject, asText, readJson } from '../text.ts';

const MAX_RECORD = 32 * 1024 * 1024;
const INSTALLED = /(?:^|\/)conda-meta\/[^/]+\.json$/;

export const conda: Cataloger = {
  name: 'conda',
  places: [],
  wants: (path) => INSTALLED.test(path),
  condense(_path, content) {
    // Records of packages with many files are long, but none has as many as this.
    if (content.length > MAX_RECORD) return Buffer.from('{}');
    const { name, version, build, channel, subdir, license } = asObject(readJson(content));
    return Buffer.from(JSON.stringify({ name, version, build, channel, subdir, license }));
  },
  catalog(files, context) {
    const found = new Gathering('generic', context);
    for (const file of files)
      found.read('conda-package', file, () => {
        const record = asObject(readJson(file.content));
        const [name, version] = [asText(record['name']) ?? '', asText(record['version']) ?? ''];
        if (!/^[a-z0-9_][a-z0-9_.-]{0,199}$/i.test(name) || !isVisible(version))
          return found.missing('unreadable', 'conda-package', file.path, 'it names no package and version');
        const qualifiers = {
          build: qualifier(record['build']),
          channel: channelOf(record['channel']),
          subdir: qualifier(record['subdir']),
        };
        const licence = asText(record['license']);
        found.add(
          {
            name,
            version,
            licenses: licence ? [spdxLicence(licence)] : [],
            purl: makePurl('conda', null, name, version, qualifiers),
          },
          file,
        );
      });
    return found.result;
  },
};

function qualifier(value: unknown): string | null {
  const text = asText(value) ?? '';
  return isVisible(text) ? text : null;
}

/** `https://conda.anaconda.org/conda-forge/linux-64` is `conda-forge`. @see conda documentation, "Channels" */
function channelOf(value: unknown): string | null {
  const parts = (asText(value) ?? '').replace(/^https?:\/\/[^/]+\//, '').split('/');
  return qualifier(parts.filter((each) => !/^(?:linux|osx|win|noarch)(?:-|$)/.test(each)).join('/'));
}
