/** Begins a chain with a template; it opens in the designer, and counts once it is saved there. */
import { CHAIN_TEMPLATES, type ChainTemplate, chainFromTemplate } from '@pratique/contract';
import { useState } from 'react';
import { useNavigate } from 'react-router';
import { useText } from '../../catalogue/use-text.ts';
import { paths } from '../../format/paths.ts';
import { useAccount } from '../../shell/session.ts';
import { AreaField, TextField } from '../../ui/field.tsx';
import { patternsOf, textOf } from '../../ui/form-data.ts';
import { FormDialog } from '../../ui/form-dialog.tsx';
import { wordsIn } from './read-parameters.ts';
import './chains.css';

const MAX_PATTERNS = 50;

export function NewChainDialog({ taken, onClose }: { taken: readonly string[]; onClose: () => void }) {
  const { chains, words } = useText();
  const { account } = useAccount();
  const navigate = useNavigate();
  const [template, setTemplate] = useState<ChainTemplate>('strict');
  const [error, setError] = useState<Error | null>(null);
  const begin = (given: FormData): void => {
    const name = textOf(given, 'name');
    if (taken.includes(name)) return setError(new Error(chains.exists(name)));
    const repositories = patternsOf(given, 'repositories').slice(0, MAX_PATTERNS);
    const definition = chainFromTemplate(template, { name, repositories, deliverTo: wordsIn(textOf(given, 'to')) });
    void navigate(paths.chain(account, name), { state: definition });
  };
  return (
    <FormDialog
      title={chains.newTitle}
      lead={chains.newLead}
      action={chains.open}
      change={{ isPending: false, error }}
      onSubmit={begin}
      onClose={onClose}
    >
      <TextField
        label={words.name}
        name="name"
        hint={chains.nameHint}
        required
        autoFocus
        pattern="[a-z][a-z0-9\-]{0,59}"
        maxLength={60}
        spellCheck={false}
        onChange={() => setError(null)}
      />
      <fieldset className="choices-of-steps">
        <legend>{chains.template}</legend>
        {CHAIN_TEMPLATES.map((one) => (
          <label key={one} className="check">
            <input type="radio" name="template" checked={template === one} onChange={() => setTemplate(one)} />
            <span>
              {chains.templates[one]}
              <br />
              <span className="quiet">{chains.templateSays[one]}</span>
            </span>
          </label>
        ))}
      </fieldset>
      <TextField
        label={words.repositories}
        name="repositories"
        hint={chains.patternsHint}
        className="mono"
        placeholder="**"
        spellCheck={false}
      />
      {template !== 'dry-run' && (
        <AreaField
          label={chains.deliverTo}
          name="to"
          hint={chains.deliverToHint}
          className="mono words"
          rows={2}
          spellCheck={false}
        />
      )}
    </FormDialog>
  );
}
