import type { AgentAddress, ApprovalRequest } from '../../contract/index.ts';

/** What the tray shows, whole. */
export interface TrayState {
  readonly pending: readonly ApprovalRequest[];
  readonly addresses: readonly AgentAddress[];
  readonly problems: readonly { readonly message: string }[];
}

/** What choosing an item does. None of them decides anything: approving needs the statement before one's eyes. */
export type TrayAction =
  | { readonly do: 'open' }
  | { readonly do: 'open_request'; readonly id: string }
  | { readonly do: 'copy'; readonly text: string }
  | { readonly do: 'quit' };

export type TrayItem =
  | { readonly kind: 'separator' }
  | { readonly kind: 'words'; readonly label: string }
  | { readonly kind: 'action'; readonly label: string; readonly action: TrayAction };

/** Requests listed in the menu; the desk has all of them. */
const listed = 5;
/** Longest statement shown on one line of a menu, in characters. */
const labelLength = 60;

/** The tray's menu for a state. Pure: the Electron side only maps it to its own menu. */
export function trayMenu({ pending, addresses, problems }: TrayState): TrayItem[] {
  return [
    { kind: 'action', label: 'Open Postern', action: { do: 'open' } },
    { kind: 'separator' },
    { kind: 'words', label: pendingWords(pending.length) },
    ...pending.slice(0, listed).map(
      (request): TrayItem => ({
        kind: 'action',
        label: `${request.agent} on ${request.connection}: ${oneLine(request.text)}`,
        action: { do: 'open_request', id: request.id },
      }),
    ),
    ...problems.map(({ message }): TrayItem => ({ kind: 'words', label: oneLine(message) })),
    { kind: 'separator' },
    // An address that still has its placeholder is of no use on the clipboard.
    ...addresses
      .filter(({ url }) => !url.includes('<key>'))
      .map(
        ({ connection, url }): TrayItem => ({
          kind: 'action',
          label: `Copy address of ${connection}`,
          action: { do: 'copy', text: url },
        }),
      ),
    { kind: 'action', label: 'Quit Postern (agents are cut off)', action: { do: 'quit' } },
  ];
}

/** The tray's tooltip. */
export function trayTitle({ pending, problems }: TrayState): string {
  const trouble = problems.length === 0 ? '' : ' · needs attention';
  return `Postern: ${pendingWords(pending.length)}${trouble}`;
}

function pendingWords(count: number): string {
  if (count === 0) return 'nothing waits';
  return count === 1 ? '1 statement waits' : `${count} statements wait`;
}

/** A statement comes from an agent: line breaks, control and direction characters must not shape the menu. `&` marks a mnemonic. */
export function oneLine(text: string): string {
  const flat = text.replace(/[\s\p{Cc}\p{Cf}]+/gu, ' ').trim();
  const short = flat.length > labelLength ? `${flat.slice(0, labelLength - 1)}…` : flat;
  return short.replaceAll('&', '&&');
}
