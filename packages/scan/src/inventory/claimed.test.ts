import { describe, expect, test } from 'vitest';
import { ELF, gaps, take } from './image.fixture.ts';

describe('in an image without packages of an operating system, a program is accounted for', () => {
  const metadata = 'Metadata-Version: 2.1\nName: a\nVersion: 1\n';
  const spec = '# stub: a 1 ruby lib\n';
  test.each<[string, string, string, string, string[]]>([
    ['beside Python’s metadata', 'lib/site-packages/a-1.dist-info/METADATA', metadata, 'lib/site-packages/a/x.so', []],
    ['below a folder of gems', 'gems/3.1.0/specifications/a-1.gemspec', spec, 'gems/3.1.0/extensions/a/x.so', []],
    ['elsewhere not', 'gems/3.1.0/specifications/a-1.gemspec', spec, 'bin/x', ['no-cataloger executable bin/x']],
    ['by a lock file not', 'app/requirements.txt', 'a==1\n', 'app/x', ['no-cataloger executable app/x']],
  ])('%s', async (_name, path, content, program, expected) => {
    expect(
      gaps(
        await take([
          [
            { path, content },
            { path: program, content: ELF, mode: 0o755 },
          ],
        ]),
      ),
    ).toEqual(expected);
  });
});
