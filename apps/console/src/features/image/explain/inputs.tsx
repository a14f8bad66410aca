/** What the verdict was decided from, and whether it would be decided from the same today. */
import type { Explanation } from '@pratique/contract';
import { useText } from '../../../catalogue/use-text.ts';
import { shortMiddle } from '../../../format/digest.ts';
import { Section } from '../../../ui/page.tsx';
import { StepSign } from '../../../ui/step-mark.tsx';

export function Inputs({ inputs }: { inputs: Explanation['inputs'] }) {
  const { explain } = useText();
  if (inputs.length === 0) return null;
  return (
    <Section title={explain.inputs}>
      <table>
        <thead>
          <tr>
            <th scope="col">{explain.input}</th>
            <th scope="col">{explain.now}</th>
            <th scope="col">{explain.value}</th>
          </tr>
        </thead>
        <tbody>
          {inputs.map((input) => (
            <tr key={input.name}>
              <td title={input.detail}>{(explain.inputNames as Record<string, string>)[input.name] ?? input.name}</td>
              <td>
                <span className="step-mark">
                  <StepSign state={input.current ? 'succeeded' : 'waiting'} />
                  {input.current ? explain.same : explain.changed}
                </span>
              </td>
              <td>
                <code title={input.value}>{shortMiddle(input.value, 24)}</code>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Section>
  );
}
