/** What the inventory or the advisories could not answer: partial is said, never hidden. */
import type { ImageStatus } from '@pratique/contract';
import { useText } from '../../../catalogue/use-text.ts';
import { useFormat } from '../../../format/format.ts';

export function Unexamined({ image }: { image: ImageStatus }) {
  const { image: text } = useText();
  const { number } = useFormat();
  const missing = image.inventory?.missing ?? [];
  if (missing.length === 0 && image.uncovered.length === 0) return null;
  return (
    <div className="unexamined">
      {missing.length > 0 && (
        <details>
          <summary>{text.missingLead(number(missing.length))}</summary>
          <ul>
            {missing.map((one) => (
              <li key={`${one.kind} ${one.path} ${one.what}`}>
                <code>{one.path}</code> {one.what}: {one.detail}
              </li>
            ))}
          </ul>
        </details>
      )}
      {image.uncovered.length > 0 && (
        <div>
          <p>{text.uncoveredLead}</p>
          <ul>
            {image.uncovered.map((one) => (
              <li key={one.ecosystem}>
                {text.uncovered(one.ecosystem, number(one.packages))} <span className="quiet">{one.reason}</span>
              </li>
            ))}
          </ul>
        </div>
      )}
    </div>
  );
}
