/** The chain as text: what forms change is written here, what is written here is drawn. */
import { useText } from '../../catalogue/use-text.ts';
import { useAccount } from '../../shell/session.ts';
import { Command } from '../../ui/copyable.tsx';
import { AreaField } from '../../ui/field.tsx';
import { Section } from '../../ui/page.tsx';
import type { Draft } from './use-draft.ts';

const MAX_LENGTH = 100_000;

export function ChainText({ draft }: { draft: Draft }) {
  const { chains, words } = useText();
  const { account } = useAccount();
  return (
    <Section title={chains.text}>
      <AreaField
        label="YAML"
        hint={draft.ahead ? chains.textAhead : chains.textHint}
        className="mono chain-yaml"
        rows={28}
        maxLength={MAX_LENGTH}
        spellCheck={false}
        value={draft.text}
        onChange={(event) => draft.write(event.target.value)}
      />
      <div className="command-below">
        <Command label={words.sameInTerminal} text={`pratique chain apply ${account} ${draft.chain.name}.yaml`} />
      </div>
    </Section>
  );
}
