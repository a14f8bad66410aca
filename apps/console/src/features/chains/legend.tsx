/** What the lines of the graph mean. */
import { useText } from '../../catalogue/use-text.ts';

export function Legend() {
  const { chains } = useText();
  return (
    <p className="legend quiet">
      <span>
        <i />
        {chains.thenLine}
      </span>
      <span>
        <i className="deny" />
        {chains.denyLine}
      </span>
      <span>{chains.graphHint}</span>
    </p>
  );
}
