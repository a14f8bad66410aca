/** The command for what is built on an image. */
import { expect, test } from 'vitest';
import { rebaseCommand } from './rebase-command.ts';

const [OLD, NEW, APP] = ['a', 'b', 'c'].map((letter) => `sha256:${letter.repeat(64)}`) as [string, string, string];
const base = { account: 'vendor', repository: 'bases/debian', digest: OLD };

test('goes by tags where there are some; the old base is named by its digest', () =>
  expect(
    rebaseCommand(base, { repository: 'apps/shop', digest: APP, tags: ['1', 'new'] }, { digest: NEW, tag: '12-r1' }),
  ).toBe(`pratique rebase vendor/apps/shop:1 --base vendor/bases/debian:12-r1 --old-base vendor/bases/debian@${OLD}`));

test('goes by digests where nothing has a tag', () =>
  expect(rebaseCommand(base, { repository: 'apps/shop', digest: APP, tags: [] }, { digest: NEW, tag: null })).toBe(
    `pratique rebase vendor/apps/shop@${APP} --base vendor/bases/debian@${NEW} --old-base vendor/bases/debian@${OLD}`,
  ));

test('there is none without a repair of the base', () =>
  expect(rebaseCommand(base, { repository: 'apps/shop', digest: APP, tags: ['1'] }, null)).toBe(null));
