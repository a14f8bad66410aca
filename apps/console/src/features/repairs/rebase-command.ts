/** The command that puts an image on the repaired base. */
import type { BuiltOnImage, Fleet, ImageStatus } from '@pratique/contract';
import { imageName, shellWord } from '../../format/reference.ts';

/**
 * The old base is named by digest: its tag may have moved to the repaired one since.
 *
 * @returns null where the base has no repair
 */
export function rebaseCommand(
  base: Pick<ImageStatus, 'account' | 'repository' | 'digest'>,
  row: Pick<BuiltOnImage, 'repository' | 'digest' | 'tags'>,
  repaired: Fleet['repaired'],
): string | null {
  if (repaired === null) return null;
  const { account, repository, digest } = base;
  return [
    'pratique rebase',
    shellWord(imageName(account, row.repository, row.tags[0] ?? row.digest)),
    '--base',
    shellWord(imageName(account, repository, repaired.tag ?? repaired.digest)),
    '--old-base',
    shellWord(imageName(account, repository, digest)),
  ].join(' ');
}
