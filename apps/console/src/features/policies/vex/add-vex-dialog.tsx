/** Adds a VEX document: a file that is chosen, or text that is pasted. */
import { useState } from 'react';
import { useText } from '../../../catalogue/use-text.ts';
import { useFormat } from '../../../format/format.ts';
import { shellWord } from '../../../format/reference.ts';
import { announce } from '../../../ui/announcements.tsx';
import { Command } from '../../../ui/copyable.tsx';
import { AreaField, TextField } from '../../../ui/field.tsx';
import { textOf } from '../../../ui/form-data.ts';
import { FormDialog } from '../../../ui/form-dialog.tsx';
import { MAX_DOCUMENT, useAddVex } from './use-vex.ts';

type Props = { account: string; onClose: () => void };

export function AddVexDialog({ account, onClose }: Props) {
  const { vex, words } = useText();
  const format = useFormat();
  const [file, setFile] = useState<File | null>(null);
  const add = useAddVex(account);
  const read = async (given: FormData): Promise<string> => {
    if (file && file.size > MAX_DOCUMENT) throw new Error(vex.tooLarge(file.name, format.bytes(MAX_DOCUMENT)));
    const content = file ? await file.text() : textOf(given, 'content');
    // Said here, since a request without content would be refused in words about fields.
    if (content.length < 2) throw new Error(vex.nothingGiven);
    return content;
  };
  return (
    <FormDialog
      title={vex.add}
      lead={vex.addLead}
      action={vex.add}
      change={add}
      onSubmit={(given) =>
        add.mutate(() => read(given), {
          onSuccess: (added) => {
            announce(vex.addedDone(format.number(added.statements)));
            onClose();
          },
        })
      }
      onClose={onClose}
    >
      <TextField
        label={vex.file}
        hint={vex.fileHint}
        type="file"
        accept=".json,application/json"
        onChange={(event) => setFile(event.target.files?.[0] ?? null)}
      />
      <AreaField
        label={vex.paste}
        name="content"
        rows={8}
        spellCheck={false}
        className="mono"
        disabled={file !== null}
        hint={file ? vex.pasteOrFile(file.name) : vex.pasteHint}
      />
      <Command label={words.sameInTerminal} text={`pratique vex add ${shellWord(account)} FILE`} />
    </FormDialog>
  );
}
