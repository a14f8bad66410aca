/** The status parser against dpkg's own reading of the same file. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parseStatus } from './status.ts';

test('the packages of this machine are the ones dpkg-query lists, with the sources it names', (ctx) => {
  const query = spawnSync(
    'dpkg-query',
    ['-W', '-f', '${db:Status-Status} ${Package} ${Version} ${source:Package} ${source:Version} ${Architecture}\n'],
    { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 },
  );
  if (query.status !== 0 || !existsSync('/var/lib/dpkg/status')) return ctx.skip('this machine has no dpkg database');
  const expected = query.stdout
    .trim()
    .split('\n')
    .filter((line) => !/^(?:not-installed|config-files) /.test(line))
    .map((line) => line.slice(line.indexOf(' ') + 1))
    .sort();
  const { packages, problems } = parseStatus(readFileSync('/var/lib/dpkg/status'));
  expect(problems).toEqual([]);
  expect(
    packages
      .map((each) => `${each.name} ${each.version} ${each.sourceName} ${each.sourceVersion} ${each.architecture}`)
      .sort(),
  ).toEqual(expected);
});
