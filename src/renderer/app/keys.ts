import { useEffect } from 'react';
import { type CommandId, commands, useActiveCommands } from './commands.ts';

const isMac = /Mac|iPhone|iPad/.test(navigator.userAgent);
const sequenceMs = 900;

/** The name of a key press as the command table writes it: `mod+k`, `escape`, `?`; null for a modifier alone. */
export function keyName(event: Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'altKey'>): string | null {
  if (['Shift', 'Control', 'Meta', 'Alt', 'Dead', 'Process'].includes(event.key)) return null;
  if (event.altKey) return null;
  const key = event.key === ' ' ? 'space' : event.key.toLowerCase();
  return event.ctrlKey || event.metaKey ? `mod+${key}` : key;
}

const printed: Record<string, string> = {
  escape: 'Esc',
  space: 'Space',
  enter: 'Enter',
  arrowleft: '←',
  arrowright: '→',
};

/** The caps to print for one key combination: `mod+enter` → `Ctrl`, `Enter`. */
export function keyCaps(keys: string): string[] {
  return keys.split(/[+ ]/).map((key) => {
    if (key === 'mod') return isMac ? '⌘' : 'Ctrl';
    return printed[key] ?? (key.length === 1 ? key.toUpperCase() : key);
  });
}

/** True where letters are text: commands without a modifier stay out of there. */
function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return (
    target.isContentEditable ||
    target.closest('input:not([type=range], [type=checkbox], [type=radio]), textarea, select') !== null
  );
}

/** True where the key belongs to the control that has the focus: Space on a button presses the button. */
function belongsToControl(target: EventTarget | null, key: string): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (key === 'space') return target.closest('button, a, summary, [role=option], input') !== null;
  if (key.startsWith('arrow')) return target.closest('input[type=range], [role=listbox], [role=tablist]') !== null;
  return false;
}

function find(key: string): (() => void) | null {
  const matching = useActiveCommands
    .getState()
    .active.filter(({ id }) => (commands[id].keys as readonly string[]).includes(key));
  return matching.at(-1)?.run ?? null;
}

/** Listens for the keys of all active commands. Mounted once. A held key does not repeat a command. */
export function useKeys(): void {
  useEffect(() => {
    let prefix: { key: string; until: number } | null = null;
    const press = (event: KeyboardEvent): void => {
      const key = keyName(event);
      if (key === null || event.defaultPrevented || event.repeat) return;
      if (document.querySelector('dialog[open]') !== null) return; // a dialog has its own keys
      const plain = !key.startsWith('mod+');
      if (plain && (isTyping(event.target) || belongsToControl(event.target, key))) return;
      const sequence = prefix !== null && prefix.until > event.timeStamp ? `${prefix.key} ${key}` : null;
      prefix = null;
      const run = (sequence === null ? null : find(sequence)) ?? find(key);
      if (run) {
        event.preventDefault();
        run();
      } else if (key === 'g') {
        prefix = { key, until: event.timeStamp + sequenceMs };
      }
    };
    window.addEventListener('keydown', press);
    return () => window.removeEventListener('keydown', press);
  }, []);
}

/** The commands that can be run now, newest registration of each, in the order of the table. */
export function runnable(
  active: ReturnType<typeof useActiveCommands.getState>['active'],
): { id: CommandId; run: () => void }[] {
  const latest = new Map(active.map((entry) => [entry.id, entry.run]));
  return (Object.keys(commands) as CommandId[]).flatMap((id) => {
    const run = latest.get(id);
    return run ? [{ id, run }] : [];
  });
}
