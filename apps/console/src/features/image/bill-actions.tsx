/** What can be done with the image as a whole. */
import type { ImageStatus } from '@pratique/contract';
import { lazy, Suspense } from 'react';
import { useSearchParams } from 'react-router';
import { useText } from '../../catalogue/use-text.ts';
import { OnlyFor } from '../../shell/only-for.tsx';
import { useAccount } from '../../shell/session.ts';
import { announce } from '../../ui/announcements.tsx';
import { Button } from '../../ui/button.tsx';
import { useSentence } from '../../ui/states.tsx';
import { useRunAgain } from './use-image.ts';

const DIALOGS = {
  explain: lazy(async () => ({ default: (await import('./explain/explain-dialog.tsx')).ExplainDialog })),
  revoke: lazy(async () => ({ default: (await import('./revoke-dialog.tsx')).RevokeDialog })),
  compare: lazy(async () => ({ default: (await import('../compare/compare-dialog.tsx')).CompareDialog })),
  repair: lazy(async () => ({ default: (await import('../repairs/repair-dialog.tsx')).RepairDialog })),
  lift: lazy(async () => ({ default: (await import('./lift-dialog.tsx')).LiftDialog })),
} as const;
type Name = keyof typeof DIALOGS;
const isName = (text: string | null): text is Name => text !== null && Object.hasOwn(DIALOGS, text);

export function BillActions({ image }: { image: ImageStatus }) {
  const { compare, explain, repairs, revoke } = useText();
  const { may } = useAccount();
  const [search, setSearch] = useSearchParams();
  const asked = search.get('do');
  const show = (name: Name | null): void =>
    setSearch(
      (before) => {
        const next = new URLSearchParams(before);
        next.delete('do');
        if (name) next.set('do', name);
        return next;
      },
      { preventScrollReset: true },
    );
  const Shown = isName(asked) ? DIALOGS[asked] : null;
  return (
    <p className="page-actions">
      <Button onClick={() => show('explain')}>{explain.open}</Button>
      <Button onClick={() => show('compare')}>{compare.open}</Button>
      {may('developer') && !image.revocation && <Button onClick={() => show('repair')}>{repairs.open}</Button>}
      {image.revocation ? null : <RunAgain image={image} />}
      {may('maintainer') &&
        (image.revocation ? (
          <Button onClick={() => show('lift')}>{revoke.liftOpen}</Button>
        ) : (
          <Button onClick={() => show('revoke')}>{revoke.open}</Button>
        ))}
      {Shown && (
        <Suspense fallback={null}>
          <Shown image={image} onClose={() => show(null)} />
        </Suspense>
      )}
    </p>
  );
}

function RunAgain({ image }: { image: ImageStatus }) {
  const { image: text } = useText();
  const { account } = useAccount();
  const again = useRunAgain(account);
  const sentence = useSentence();
  return (
    <OnlyFor role="developer">
      <Button
        disabled={again.isPending}
        onClick={() =>
          again.mutate(
            { repository: image.repository, reference: image.reference },
            { onSuccess: () => announce(text.rerunStarted), onError: (error) => announce(sentence(error)) },
          )
        }
      >
        {text.rerun}
      </Button>
    </OnlyFor>
  );
}
