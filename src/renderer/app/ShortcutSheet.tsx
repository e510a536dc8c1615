import { Keys } from '../parts/Button.tsx';
import { Dialog } from '../parts/Dialog.tsx';
import { type CommandId, commands } from './commands.ts';
import { keyCaps } from './keys.ts';
import styles from './ShortcutSheet.module.css';

const withKeys = (Object.keys(commands) as CommandId[]).filter((id) => commands[id].keys.length > 0);
const groups = [...new Set(withKeys.map((id) => commands[id].group))];

/** All keyboard shortcuts, made from the command table. */
export function ShortcutSheet({ onClose }: { readonly onClose: () => void }) {
  return (
    <Dialog title="Keyboard shortcuts" width="wide" bare onClose={onClose}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable from the keyboard */}
      <section className={styles.sheet} tabIndex={0} data-first-focus aria-label="Keyboard shortcuts">
        {groups.map((group) => (
          <section key={group} className={styles.group}>
            <h2>{group}</h2>
            <dl>
              {withKeys
                .filter((id) => commands[id].group === group)
                .map((id) => (
                  <div key={id} className={styles.row}>
                    <dt>{commands[id].title}</dt>
                    <dd>
                      {commands[id].keys.map((keys) => (
                        <span key={keys}>
                          <Keys caps={keyCaps(keys)} />
                          <span className="visually-hidden">{keys}</span>
                        </span>
                      ))}
                    </dd>
                  </div>
                ))}
            </dl>
          </section>
        ))}
      </section>
    </Dialog>
  );
}
