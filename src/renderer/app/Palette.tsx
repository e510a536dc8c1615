import { useId, useMemo, useState } from 'react';
import { Keys } from '../parts/Button.tsx';
import { cx } from '../parts/cx.ts';
import { Dialog } from '../parts/Dialog.tsx';
import { commands, useActiveCommands } from './commands.ts';
import { keyCaps, runnable } from './keys.ts';
import styles from './Palette.module.css';

/** Finds and runs a command. A command that decides (approve) is not in here: it needs its own chord, in sight of what it decides. */
export function Palette({ onClose }: { readonly onClose: () => void }) {
  const [text, setText] = useState('');
  const [at, setAt] = useState(0);
  const active = useActiveCommands((state) => state.active);
  const list = useId();
  const found = useMemo(() => {
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    return runnable(active).filter(({ id }) => {
      if (id === 'approval.approve' || id === 'app.palette') return false;
      const title = commands[id].title.toLowerCase();
      return words.every((word) => title.includes(word));
    });
  }, [active, text]);
  const chosen = Math.min(at, found.length - 1);

  const run = (index: number) => {
    const command = found[index];
    if (!command) return;
    onClose();
    command.run();
  };

  return (
    <Dialog title="Commands" bare onClose={onClose}>
      <input
        className={styles.input}
        data-first-focus
        role="combobox"
        aria-label="Command"
        aria-expanded="true"
        aria-controls={list}
        aria-activedescendant={found[chosen] ? `${list}-${chosen}` : undefined}
        placeholder="What do you want to do?"
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          setAt(0);
        }}
        onKeyDown={(event) => {
          if (event.key === 'ArrowDown') setAt(Math.min(chosen + 1, found.length - 1));
          else if (event.key === 'ArrowUp') setAt(Math.max(chosen - 1, 0));
          else if (event.key === 'Enter' && !event.ctrlKey && !event.metaKey) run(chosen);
          else return;
          event.preventDefault();
        }}
      />
      <div className={styles.list} id={list} role="listbox" aria-label="Commands">
        {found.map(({ id }, index) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the combobox above handles the keys of its options
          <div
            key={id}
            id={`${list}-${index}`}
            role="option"
            tabIndex={-1}
            aria-selected={index === chosen}
            className={cx(styles.option, index === chosen && styles.chosen)}
            onClick={() => run(index)}
            onMouseMove={() => setAt(index)}
          >
            <span>{commands[id].title}</span>
            <span className={styles.group}>{commands[id].group}</span>
            {commands[id].keys[0] && <Keys caps={keyCaps(commands[id].keys[0])} />}
          </div>
        ))}
      </div>
      {found.length === 0 && <p className={styles.none}>No command with these words here.</p>}
    </Dialog>
  );
}
