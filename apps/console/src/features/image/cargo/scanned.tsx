/** What packages and findings share: one scan, the platform it is of, and the time before there is one. */
import type { ImageScan, ImageStatus } from '@pratique/contract';
import type { ReactNode } from 'react';
import { useText } from '../../../catalogue/use-text.ts';
import { Choice } from '../../../ui/choice.tsx';
import { Answered, Empty, SkeletonRows } from '../../../ui/states.tsx';
import { useTableState } from '../../../ui/use-table-state.ts';
import { platformName } from '../facts.tsx';
import { useScan } from '../use-image.ts';

type Props = {
  image: ImageStatus;
  /** Findings that a statement, or the distribution, cleared as well. */
  all?: boolean;
  children: (scan: ImageScan) => ReactNode;
};

export function Scanned({ image, all = false, children }: Props) {
  const { image: text } = useText();
  const platform = useTableState().param('platform');
  const query = useScan(image, platform, all);
  if (image.findings === null) return <Empty title={text.notScanned} hint={text.notScannedHint} />;
  return (
    <Answered query={query} what={text.cargo} skeleton={<SkeletonRows rows={12} />}>
      {children}
    </Answered>
  );
}

export function PlatformChoice({ image }: { image: ImageStatus }) {
  const { image: text } = useText();
  if (image.platforms.length < 2) return null;
  const [first, ...others] = image.platforms;
  return (
    <Choice
      name="platform"
      label={text.platform}
      options={[
        ['', first ? platformName(first) : ''],
        ...others.map((one) => [one.digest, platformName(one)] as const),
      ]}
    />
  );
}
