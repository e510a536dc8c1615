import { useState } from 'react';
import type { ConnectionView, MaskSuggestion } from '../../../../contract/index.ts';
import { Button } from '../../../parts/Button.tsx';
import { Chip } from '../../../parts/Chips.tsx';
import { count, plural } from '../../../parts/format.ts';
import { ErrorNote, Loading } from '../../../parts/Notes.tsx';
import { Visible } from '../../../parts/Visible.tsx';
import { CloseIcon, MaskIcon } from '../../../theme/icons.tsx';
import { maskerText } from '../maskers.ts';
import styles from './Net.module.css';
import { useSuggestions } from './use-suggestions.ts';
import { kindWords } from './words.ts';

/** Suggestions shown before the rest is asked for. */
const shownAtFirst = 3;

/** Columns that look personal: masked in one click, all or one by one, or dismissed. */
export function Suggestions({ view, readOnly }: { readonly view: ConnectionView; readonly readOnly: boolean }) {
  const { list, done, busy, error, accept, dismiss, undo, reading, readAgain } = useSuggestions(view);
  const [all, setAll] = useState(false);
  const suggestions = list.data?.suggestions ?? [];
  const sure = suggestions.filter(({ confidence }) => confidence !== 'low');
  const shown = all ? suggestions : suggestions.slice(0, shownAtFirst);

  return (
    <section className={styles.card} aria-label="Suggested rules">
      <header className={styles.head}>
        <h2>{list.data ? title(suggestions.length) : 'Suggested rules'}</h2>
        <div className={styles.buttons}>
          <Button size="small" busy={reading} disabled={list.isPending} onClick={readAgain}>
            Look again
          </Button>
          {!readOnly && sure.length > 0 && (
            <>
              <Button size="small" disabled={busy} onClick={() => dismiss(suggestions)}>
                Dismiss all
              </Button>
              <Button
                size="small"
                variant="accent"
                icon={<MaskIcon size={14} />}
                busy={busy}
                onClick={() => accept(sure)}
              >
                {sure.length === suggestions.length
                  ? `Mask all ${count(sure.length)}`
                  : `Mask the ${count(sure.length)} likely`}
              </Button>
            </>
          )}
        </div>
        {list.data && (
          <p className={styles.lead}>
            From names, types and comments, from a few rows of {count(list.data.sampled)} of{' '}
            {plural(list.data.tables, 'table')}, and from what agents got. No value is kept.
            {list.data.dismissed > 0 && ` ${count(list.data.dismissed)} dismissed.`}
          </p>
        )}
      </header>
      {done && (
        <div className={styles.done} role="status">
          <span>{done.text}.</span>
          <Button size="small" onClick={undo}>
            Undo
          </Button>
        </div>
      )}
      <ErrorNote error={error} />
      {list.isPending && (
        <div className={styles.body}>
          <Loading lines={3} label="Looking for personal data" />
        </div>
      )}
      <ErrorNote error={list.error} retry={() => void list.refetch()} />
      {shown.length > 0 && (
        <ul>
          {shown.map((suggestion) => (
            <SuggestionRow
              key={`${suggestion.schema}.${suggestion.table}.${suggestion.column}`}
              suggestion={suggestion}
              readOnly={readOnly}
              busy={busy}
              onAccept={() => accept([suggestion])}
              onDismiss={() => dismiss([suggestion])}
            />
          ))}
        </ul>
      )}
      {suggestions.length > shownAtFirst && (
        <div className={styles.more}>
          <Button size="small" variant="quiet" aria-expanded={all} onClick={() => setAll(!all)}>
            {all ? 'Show fewer' : `Show ${plural(suggestions.length - shownAtFirst, 'more column')}`}
          </Button>
        </div>
      )}
    </section>
  );
}

const title = (number: number): string =>
  number === 0 ? 'No other column looks personal' : `${plural(number, 'column looks', 'columns look')} personal`;

interface SuggestionRowProps {
  readonly suggestion: MaskSuggestion;
  readonly readOnly: boolean;
  readonly busy: boolean;
  onAccept(): void;
  onDismiss(): void;
}

const tones = { high: 'block', medium: 'ask', low: 'neutral' } as const;
const likely = { high: 'Very likely', medium: 'Likely', low: 'Perhaps' } as const;

function SuggestionRow({ suggestion, readOnly, busy, onAccept, onDismiss }: SuggestionRowProps) {
  const { schema, table, column, type, kind, masker, confidence, reasons } = suggestion;
  const name = `${table}.${column}`;
  return (
    <li className={styles.row}>
      <Chip tone={tones[confidence]} label={likely[confidence]} />
      <div className={styles.what}>
        <p>
          <code className={styles.column}>
            {schema !== 'public' && `${schema}.`}
            <Visible text={name} />
          </code>{' '}
          <span className={styles.type}>
            <Visible text={type} />
          </span>
        </p>
        <p className={styles.small}>
          {kindWords[kind]}: <Visible text={reasons.map(({ text }) => text).join('; ')} />
        </p>
      </div>
      {!readOnly && (
        <div className={styles.side}>
          <Button size="small" disabled={busy} aria-label={`Mask: ${maskerText(masker)}, ${name}`} onClick={onAccept}>
            Mask: {maskerText(masker)}
          </Button>
          <Button
            size="small"
            variant="quiet"
            icon={<CloseIcon size={12} />}
            disabled={busy}
            aria-label={`Dismiss ${name}`}
            title="Dismiss: it is suggested no more"
            onClick={onDismiss}
          />
        </div>
      )}
    </li>
  );
}
