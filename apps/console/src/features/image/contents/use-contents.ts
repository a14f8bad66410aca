/** What is in the contents of an image: numbers at once, the lists by pages. */
import {
  ImageChecks,
  ImageContents,
  ImageMalware,
  ImageSecrets,
  type ImageStatus,
  ImageUnexamined,
} from '@pratique/contract';
import {
  type InfiniteData,
  keepPreviousData,
  type UseInfiniteQueryResult,
  type UseQueryResult,
  useQuery,
} from '@tanstack/react-query';
import { queryOf, request } from '../../../api/request.ts';
import { within } from '../../../api/use-change.ts';
import { usePages } from '../../../api/use-pages.ts';

export type Secret = ImageSecrets['secrets'][number];
export type Malware = ImageMalware['malware'][number];
export type Check = ImageChecks['checks'][number];
export type Unexamined = ImageUnexamined['unexamined'][number];
type Rows<T> = UseInfiniteQueryResult<InfiniteData<T[]>>;
type Image = Pick<ImageStatus, 'account' | 'repository' | 'digest'>;

/** @param platform its digest or name; empty for the first */
export function useContents(image: Image, platform: string): UseQueryResult<ImageContents> {
  const { account, repository, digest } = image;
  return useQuery({
    queryKey: [account, 'contents', 'of', repository, digest, platform],
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) =>
      request(
        ImageContents,
        `${within(account, 'image', 'contents')}${queryOf({ repository, reference: digest, platform })}`,
        { signal },
      ),
  });
}

const asked = ({ repository, digest }: Image, platform: string) => ({ repository, reference: digest, platform });

export function useImageSecrets(image: Image, platform: string): Rows<Secret> {
  const path = within(image.account, 'image', 'secrets');
  const key = [image.account, 'contents', 'secrets-of'];
  return usePages(key, ImageSecrets, (page) => page.secrets, path, asked(image, platform));
}

export function useImageMalware(image: Image, platform: string): Rows<Malware> {
  const path = within(image.account, 'image', 'malware');
  const key = [image.account, 'contents', 'malware-of'];
  return usePages(key, ImageMalware, (page) => page.malware, path, asked(image, platform));
}

export function useImageChecks(image: Image, platform: string): Rows<Check> {
  const path = within(image.account, 'image', 'checks');
  const key = [image.account, 'contents', 'checks-of'];
  return usePages(key, ImageChecks, (page) => page.checks, path, asked(image, platform));
}

export function useUnexamined(image: Image, platform: string): Rows<Unexamined> {
  const path = within(image.account, 'image', 'unexamined');
  const key = [image.account, 'contents', 'unexamined-of'];
  return usePages(key, ImageUnexamined, (page) => page.unexamined, path, asked(image, platform));
}
