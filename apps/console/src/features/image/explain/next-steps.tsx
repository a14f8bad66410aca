/** What one could do now; commands can be copied. */
import { useText } from '../../../catalogue/use-text.ts';
import { Command } from '../../../ui/copyable.tsx';
import { Section } from '../../../ui/page.tsx';
import { splitStep } from './split-step.ts';

export function NextSteps({ steps }: { steps: readonly string[] }) {
  const { explain } = useText();
  if (steps.length === 0) return null;
  return (
    <Section title={explain.next}>
      <ul className="plain-list">
        {steps.map((step) => {
          const { says, command } = splitStep(step);
          return <li key={step}>{command ? <Command label={says} text={command} /> : says}</li>;
        })}
      </ul>
    </Section>
  );
}
