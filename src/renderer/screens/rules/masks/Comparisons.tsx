import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { type ConnectionView, connectionConfig } from '../../../../contract/index.ts';
import { useUi } from '../../../app/ui-store.ts';
import { callKey, useAction } from '../../../data/query.ts';
import { Button } from '../../../parts/Button.tsx';
import { TextField } from '../../../parts/Field.tsx';
import { ErrorNote } from '../../../parts/Notes.tsx';
import styles from './Masks.module.css';

const field = connectionConfig.shape.maskedComparisons;

/** How many given values one session may compare masked columns of level “equality only” with. */
export function Comparisons({ view, readOnly }: { readonly view: ConnectionView; readonly readOnly: boolean }) {
  const saved = view.config.maskedComparisons;
  const [typed, setTyped] = useState<string | null>(null);
  const save = useAction('connections.save');
  const client = useQueryClient();
  const tell = useUi((ui) => ui.tell);
  const text = typed ?? String(saved);
  const parsed = /^\d+$/.test(text) ? field.safeParse(Number(text)) : null;
  const put = () => {
    if (parsed?.success !== true) return;
    save.mutate(
      { ...view.config, maskedComparisons: parsed.data },
      {
        onSuccess: (next) => {
          client.setQueryData<ConnectionView[]>(callKey('connections.list', {}), (views) =>
            views?.map((other) => (other.config.name === next.config.name ? next : other)),
          );
          setTyped(null);
          tell('Comparisons saved');
        },
      },
    );
  };
  return (
    <form
      className={styles.comparisons}
      onSubmit={(event) => {
        event.preventDefault();
        put();
      }}
    >
      <TextField
        label="Comparisons with masked columns, per session"
        inputMode="numeric"
        value={text}
        disabled={readOnly}
        error={parsed?.success === true ? undefined : 'A number from 0 to 100,000'}
        hint="Counts given values, for rules of level “Equality only”; beyond it each is held for you"
        onChange={setTyped}
      />
      {!readOnly && typed !== null && text !== String(saved) && (
        <Button type="submit" size="small" disabled={parsed?.success !== true} busy={save.isPending}>
          Save comparisons
        </Button>
      )}
      <ErrorNote error={save.error} />
    </form>
  );
}
