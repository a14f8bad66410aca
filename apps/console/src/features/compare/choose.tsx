/** Chooses two images of the account by name. */
import { useId, useState } from 'react';
import { useNavigate } from 'react-router';
import { useText } from '../../catalogue/use-text.ts';
import { paths } from '../../format/paths.ts';
import { Button } from '../../ui/button.tsx';
import { TextField } from '../../ui/field.tsx';
import { textOf } from '../../ui/form-data.ts';
import { useImages } from '../images/use-images.ts';
import { type Named, nameOf, parseName } from './named.ts';

/** More are found by typing; a browser lists no more at once anyway. */
const OFFERED = 500;

type Props = { account: string; from: Named | null; to: Named | null };

export function Choose({ account, from, to }: Props) {
  const { compare } = useText();
  const navigate = useNavigate();
  const list = useId();
  const { data } = useImages(account, '');
  const [wrong, setWrong] = useState(false);
  const submit = (given: FormData): void => {
    const [first, second] = [parseName(textOf(given, 'first')), parseName(textOf(given, 'second'))];
    setWrong(!first || !second);
    if (first && second) void navigate(paths.compare(account, first, second));
  };
  return (
    <form
      className="form compare-form"
      onSubmit={(event) => {
        event.preventDefault();
        submit(new FormData(event.currentTarget));
      }}
    >
      <TextField
        label={compare.first}
        name="first"
        list={list}
        required
        placeholder="web/shop:1.0"
        defaultValue={from ? nameOf(from) : ''}
      />
      <TextField
        label={compare.second}
        name="second"
        list={list}
        required
        placeholder="web/shop:1.1"
        defaultValue={to ? nameOf(to) : ''}
        hint={compare.nameHint}
      />
      <datalist id={list}>
        {data?.rows.slice(0, OFFERED).map((row) => (
          <option key={`${row.repository}:${row.tag}`} value={`${row.repository}:${row.tag}`} />
        ))}
      </datalist>
      {wrong && <p role="alert">{compare.noName}</p>}
      <p className="page-actions">
        <Button type="submit" look="primary">
          {compare.do}
        </Button>
      </p>
    </form>
  );
}
