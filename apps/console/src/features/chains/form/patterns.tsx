/** Which repositories the chain is for. */
import type { ChainDefinition } from '@pratique/contract';
import { useText } from '../../../catalogue/use-text.ts';
import { Section } from '../../../ui/page.tsx';
import { setRepositories } from '../edit-chain.ts';
import { WordsField } from './words-field.tsx';

type Props = { chain: ChainDefinition; disabled: boolean; onChange: (chain: ChainDefinition) => void };

export function Patterns({ chain, disabled, onChange }: Props) {
  const { chains, words } = useText();
  return (
    <Section title={words.repositories}>
      <WordsField
        label={chains.patterns}
        hint={chains.patternsHint}
        value={chain.repositories}
        disabled={disabled}
        onChange={(repositories) => onChange(setRepositories(chain, repositories))}
      />
    </Section>
  );
}
