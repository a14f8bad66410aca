/** Ends a revocation, so that the image is judged anew. */
import type { ImageStatus } from '@pratique/contract';
import { useText } from '../../catalogue/use-text.ts';
import { imageName } from '../../format/reference.ts';
import { announce } from '../../ui/announcements.tsx';
import { AreaField } from '../../ui/field.tsx';
import { textOf } from '../../ui/form-data.ts';
import { FormDialog } from '../../ui/form-dialog.tsx';
import { useLift } from './use-image.ts';

export function LiftDialog({ image, onClose }: { image: ImageStatus; onClose: () => void }) {
  const { revoke: text, words } = useText();
  const lift = useLift(image.account);
  return (
    <FormDialog
      title={text.liftTitle(imageName(image.account, image.repository, image.reference))}
      lead={text.liftLead}
      action={text.liftAction}
      change={lift}
      onSubmit={(given) =>
        lift.mutate(
          { digest: image.digest, reason: textOf(given, 'reason') },
          {
            onSuccess: () => {
              announce(text.lifted);
              onClose();
            },
          },
        )
      }
      onClose={onClose}
    >
      <AreaField label={words.reason} name="reason" required minLength={3} maxLength={1000} autoFocus />
    </FormDialog>
  );
}
