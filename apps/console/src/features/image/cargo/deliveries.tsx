/** Where the image went, and where it came from: receipts. */
import type { ImageStatus } from '@pratique/contract';
import { useText } from '../../../catalogue/use-text.ts';
import { imageName } from '../../../format/reference.ts';
import { Empty } from '../../../ui/states.tsx';
import { ReceiptTable } from '../../deliveries/receipt-table.tsx';

export function Deliveries({ image }: { image: ImageStatus }) {
  const { image: text } = useText();
  const empty = (
    <Empty
      title={text.noDeliveries}
      hint={text.noDeliveriesHint}
      command={`pratique deliver ${imageName(image.account, image.repository, image.reference)} --to ACCOUNT/NAME:TAG`}
    />
  );
  return <ReceiptTable account={image.account} receipts={image.deliveries} empty={empty} />;
}
