/** Everything that happened to the image, oldest first. */
import type { Explanation } from '@pratique/contract';
import { useText } from '../../../catalogue/use-text.ts';
import { useFormat } from '../../../format/format.ts';
import { Section } from '../../../ui/page.tsx';

export function History({ history }: { history: Explanation['history'] }) {
  const { explain } = useText();
  const format = useFormat();
  return (
    <Section title={explain.history}>
      <ol className="timeline">
        {history.map((event, index) => (
          <li key={index}>
            <time dateTime={event.at}>{format.moment(event.at)}</time>
            <strong>{(explain.happened as Record<string, string>)[event.what] ?? event.what}</strong>
            <p>{event.sentence}</p>
          </li>
        ))}
      </ol>
    </Section>
  );
}
