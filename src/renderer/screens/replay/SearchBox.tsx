import { type RefObject, useState } from 'react';
import { SearchIcon } from '../../theme/icons.tsx';
import styles from './SearchBox.module.css';
import type { ReplayTerminal } from './use-terminal.ts';

interface SearchBoxProps {
  readonly terminal: ReplayTerminal | null;
  readonly input: RefObject<HTMLInputElement | null>;
}

/** Finds text in what has been played so far. Enter goes on, Shift+Enter goes back, Esc leaves. */
export function SearchBox({ terminal, input }: SearchBoxProps) {
  const [missed, setMissed] = useState(false);
  const find = (text: string, backwards: boolean) =>
    setMissed(text !== '' && terminal?.find(text, backwards) === false);
  return (
    <div className={styles.box}>
      <SearchIcon size={13} />
      <input
        ref={input}
        type="search"
        aria-label="Search in what has been played"
        placeholder="Search what was played"
        onChange={(event) => {
          if (event.target.value === '') terminal?.find('', false);
          find(event.target.value, false);
        }}
        onKeyDown={(event) => {
          if (event.key === 'Enter') find(event.currentTarget.value, event.shiftKey);
          else if (event.key === 'Escape') event.currentTarget.blur();
          else return;
          event.preventDefault();
        }}
      />
      {missed && <span className={styles.missed}>not found</span>}
    </div>
  );
}
