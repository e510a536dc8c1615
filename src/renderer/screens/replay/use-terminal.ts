import '@xterm/xterm/css/xterm.css';
import { FitAddon } from '@xterm/addon-fit';
import { SearchAddon } from '@xterm/addon-search';
import { Terminal } from '@xterm/xterm';
import { type RefObject, useEffect, useState } from 'react';
import { type Theme, useTheme } from '../../theme/theme.ts';
import { withAdoptedStyles } from './adopted-styles.ts';
import { searchColours, terminalThemes } from './terminal-theme.ts';

/** The terminal as the player uses it. */
export interface ReplayTerminal {
  /** Appends to the picture. */
  write(data: string): void;
  /** Clears everything and shows `data` alone. */
  show(data: string): void;
  /** Jumps to the next (or previous) place with this text; false when there is none. An empty text clears the marks. */
  find(text: string, backwards: boolean): boolean;
  rows(): number;
}

const largestFont = 13;
const smallestFont = 7;
/** Pixels that xterm keeps free for its scroll bar. */
const scrollBarWidth = 14;

/**
 * Opens a read-only terminal of a fixed width in `host`. Null until it is open. The font is as large as the width allows;
 * when that changes with the window, the terminal is made anew (xterm 6 keeps the old letter spacing otherwise) and the
 * caller gets another handle to write to.
 */
export function useTerminal(host: RefObject<HTMLElement | null>, columns: number): ReplayTerminal | null {
  const [opened, setOpened] = useState<{ terminal: Terminal; search: SearchAddon } | null>(null);
  const [handle, setHandle] = useState<ReplayTerminal | null>(null);
  const [fontSize, setFontSize] = useState<number | null>(null);
  const { theme } = useTheme();

  useEffect(() => {
    const element = host.current;
    if (!element) return;
    const measure = () => {
      if (element.clientWidth > 0) setFontSize(fontSizeFor(element.clientWidth, columns));
    };
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    measure();
    return () => observer.disconnect();
  }, [host, columns]);

  useEffect(() => {
    const element = host.current;
    if (!element || fontSize === null) return;
    const terminal = new Terminal({
      cols: columns,
      rows: 24,
      disableStdin: true,
      cursorInactiveStyle: 'none',
      fontFamily: monospace(),
      fontSize,
      lineHeight: 1.25,
      scrollback: 100_000,
      allowProposedApi: true, // the marks of the search addon
      screenReaderMode: false, // the transcript beside it serves screen readers, whole and in order
    });
    const fit = new FitAddon();
    const search = new SearchAddon();
    terminal.loadAddon(fit);
    terminal.loadAddon(search);
    withAdoptedStyles(document, () => terminal.open(element));
    // The player is driven by the desk's keys; a focused terminal would swallow them.
    terminal.textarea?.setAttribute('tabindex', '-1');
    terminal.attachCustomKeyEventHandler(() => false);
    const resize = () => {
      const rows = fit.proposeDimensions()?.rows;
      if (rows !== undefined && Number.isFinite(rows)) terminal.resize(columns, Math.max(4, rows));
    };
    const observer = new ResizeObserver(resize);
    observer.observe(element);
    resize();
    setOpened({ terminal, search });
    return () => {
      observer.disconnect();
      setOpened(null);
      terminal.dispose();
    };
  }, [host, columns, fontSize]);

  useEffect(() => {
    if (!opened) return setHandle(null);
    opened.terminal.options.theme = terminalThemes[theme];
    setHandle(handleOf(opened.terminal, opened.search, theme));
  }, [opened, theme]);
  return handle;
}

function monospace(): string {
  return getComputedStyle(document.documentElement).getPropertyValue('--font-mono');
}

/** The largest font size, in half pixels, at which `columns` characters fit into a width. */
function fontSizeFor(width: number, columns: number): number {
  const context = document.createElement('canvas').getContext('2d');
  if (!context) return largestFont;
  context.font = `100px ${monospace()}`;
  const perPixel = context.measureText('W').width / 100;
  const wanted = Math.floor(((width - scrollBarWidth) * 2) / (columns * perPixel)) / 2;
  return Math.max(smallestFont, Math.min(largestFont, wanted));
}

function handleOf(terminal: Terminal, search: SearchAddon, theme: Theme): ReplayTerminal {
  return {
    write: (data) => terminal.write(data),
    show(data) {
      terminal.reset();
      terminal.write(data);
    },
    find(text, backwards) {
      if (text === '') {
        search.clearDecorations();
        return false;
      }
      const options = { decorations: searchColours[theme] };
      return backwards ? search.findPrevious(text, options) : search.findNext(text, options);
    },
    rows: () => terminal.rows,
  };
}
