import { useEffect, useRef } from 'react';
import { create } from 'zustand';

/** Everything that can be done from the keyboard: the palette, the shortcut sheet and the key handler read this table. */
export const commands = {
  'app.palette': { title: 'Open the command palette', group: 'Everywhere', keys: ['mod+k'] },
  'app.shortcuts': { title: 'Show keyboard shortcuts', group: 'Everywhere', keys: ['?'] },
  'go.approvals': { title: 'Go to Approvals', group: 'Everywhere', keys: ['g a'] },
  'go.sessions': { title: 'Go to Sessions', group: 'Everywhere', keys: ['g s'] },
  'go.gate': { title: 'Go to the gate’s journal', group: 'Everywhere', keys: ['g j'] },
  'go.rules': { title: 'Go to Rules', group: 'Everywhere', keys: ['g r'] },
  'go.connections': { title: 'Go to Connections', group: 'Everywhere', keys: ['g c'] },
  'go.agents': { title: 'Go to Agents', group: 'Everywhere', keys: ['g n'] },
  'go.identity': { title: 'Go to Identity providers', group: 'Everywhere', keys: ['g i'] },
  'go.reports': { title: 'Go to Reports', group: 'Everywhere', keys: ['g p'] },
  'go.settings': { title: 'Go to Settings', group: 'Everywhere', keys: ['g ,'] },
  'theme.dark': { title: 'Use the dark theme', group: 'Everywhere', keys: [] },
  'theme.light': { title: 'Use the light theme', group: 'Everywhere', keys: [] },
  'theme.system': { title: 'Follow the system theme', group: 'Everywhere', keys: [] },
  'list.next': { title: 'Next in the list', group: 'Lists', keys: ['j'] },
  'list.previous': { title: 'Previous in the list', group: 'Lists', keys: ['k'] },
  'list.filter': { title: 'Filter the list', group: 'Lists', keys: ['/'] },
  'approval.approve': { title: 'Approve this statement once', group: 'Approvals', keys: ['mod+enter'] },
  'approval.deny': { title: 'Deny this statement', group: 'Approvals', keys: ['d', 'escape'] },
  'approval.reason': { title: 'Write a reason', group: 'Approvals', keys: ['r'] },
  'session.replay': { title: 'Replay this session', group: 'Sessions', keys: ['p'] },
  'session.verify': { title: 'Verify this session’s journal', group: 'Sessions', keys: ['v'] },
  'replay.toggle': { title: 'Play or pause', group: 'Replay', keys: ['space'] },
  'replay.back': { title: 'Back 5 seconds', group: 'Replay', keys: ['arrowleft'] },
  'replay.forward': { title: 'Forward 5 seconds', group: 'Replay', keys: ['arrowright'] },
  'replay.previousMarker': { title: 'Previous marker', group: 'Replay', keys: ['['] },
  'replay.nextMarker': { title: 'Next marker', group: 'Replay', keys: [']'] },
  'replay.slower': { title: 'Slower', group: 'Replay', keys: ['<'] },
  'replay.faster': { title: 'Faster', group: 'Replay', keys: ['>'] },
  'replay.idle': { title: 'Skip idle time', group: 'Replay', keys: ['i'] },
  'replay.search': { title: 'Search in the replay', group: 'Replay', keys: ['f'] },
} as const satisfies Record<string, { title: string; group: string; keys: readonly string[] }>;

export type CommandId = keyof typeof commands;

interface ActiveCommands {
  /** Newest last: what a screen registers goes before what the shell registered under the same keys. */
  readonly active: readonly { readonly id: CommandId; readonly run: () => void }[];
}

export const useActiveCommands = create<ActiveCommands>()(() => ({ active: [] }));

/** Offers a command while the component is mounted and `enabled`. */
export function useCommand(id: CommandId, run: () => void, enabled = true): void {
  const latest = useRef(run);
  useEffect(() => {
    latest.current = run;
  });
  useEffect(() => {
    if (!enabled) return;
    const entry = { id, run: () => latest.current() };
    useActiveCommands.setState(({ active }) => ({ active: [...active, entry] }));
    return () => useActiveCommands.setState(({ active }) => ({ active: active.filter((other) => other !== entry) }));
  }, [id, enabled]);
}
