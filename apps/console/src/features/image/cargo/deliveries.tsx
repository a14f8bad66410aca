/** Where the image went, and where it came from: receipts. */
import type { ImageStatus } from '@pratique/contract';
import { useText } from '../../../catalogue/use-text.ts';
import { imageName } from '../../../format/reference.ts';
import { Command } from '../../../ui/copyable.tsx';
import { Empty } from '../../../ui/states.tsx';
import { ReceiptTable } from '../../deliveries/receipt-table.tsx';

export function Deliveries({ image }: { image: ImageStatus }) {
  const { image: text } = useText();
  const empty = (
    <Empty title={text.noDeliveries}>
      <p>{text.noDeliveriesHint}</p>
      <Command
        text={`pratique deliver ${imageName(image.account, image.repository, image.reference)} --to ACCOUNT/NAME:TAG`}
      />
    </Empty>
  );
  return <ReceiptTable account={image.account} receipts={image.deliveries} empty={empty} />;
}
