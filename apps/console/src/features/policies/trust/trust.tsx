/** Whose signatures let images of other registries run, and what was found of those that clusters asked for. */
import { useText } from '../../../catalogue/use-text.ts';
import { OnlyFor } from '../../../shell/only-for.tsx';
import { Section } from '../../../ui/page.tsx';
import { ForeignImages } from './foreign-images.tsx';
import { Logins } from './logins.tsx';
import { PolicyShown } from './policy-shown.tsx';
import { TryImage } from './try-image.tsx';
import './trust.css';

export function Trust() {
  const { trust } = useText();
  return (
    <>
      <p>{trust.lead}</p>
      <PolicyShown />
      <Section title={trust.test}>
        <OnlyFor role="developer">
          <TryImage lead={trust.testLead} />
        </OnlyFor>
      </Section>
      <Section title={trust.images}>
        <ForeignImages />
      </Section>
      <Logins />
    </>
  );
}
