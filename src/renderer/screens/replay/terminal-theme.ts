import type { ISearchDecorationOptions } from '@xterm/addon-search';
import type { ITheme } from '@xterm/xterm';
import type { Theme } from '../../theme/theme.ts';

/** Terminal colours of both themes, in the hues of the desk's tokens; every text colour reaches 4.5:1 on its background. */
export const terminalThemes: Record<Theme, ITheme> = {
  dark: {
    background: '#0e1116',
    foreground: '#e0e4ea',
    cursor: '#6c8cff',
    selectionBackground: '#2f4079',
    black: '#20252d',
    red: '#ff8a80',
    green: '#7fd3a1',
    yellow: '#f0b14c',
    blue: '#93aaff',
    magenta: '#b99cff',
    cyan: '#66c9d8',
    white: '#e0e4ea',
    brightBlack: '#8b95a3',
    brightRed: '#ffa49c',
    brightGreen: '#9be3b8',
    brightYellow: '#f7c673',
    brightBlue: '#adbfff',
    brightMagenta: '#cdb8ff',
    brightCyan: '#8adbe7',
    brightWhite: '#ffffff',
  },
  light: {
    background: '#fafbfc',
    foreground: '#1f242d',
    cursor: '#3a5bd0',
    selectionBackground: '#bccaf5',
    black: '#171a20',
    red: '#b3261e',
    green: '#17713f',
    yellow: '#8a5300',
    blue: '#3351bd',
    magenta: '#6a3fb5',
    cyan: '#0b6e7c',
    white: '#4b5361',
    brightBlack: '#626b7a',
    brightRed: '#b3261e',
    brightGreen: '#17713f',
    brightYellow: '#8a5300',
    brightBlue: '#3351bd',
    brightMagenta: '#8c1d61',
    brightCyan: '#0b6e7c',
    brightWhite: '#171a20',
  },
};

/** Colours of search matches; the addon takes `#rrggbb` only. */
export const searchColours: Record<Theme, ISearchDecorationOptions> = {
  dark: {
    matchBackground: '#553f18',
    activeMatchBackground: '#8a6a1f',
    matchOverviewRuler: '#f0b14c',
    activeMatchColorOverviewRuler: '#f0b14c',
  },
  light: {
    matchBackground: '#fbe3b0',
    activeMatchBackground: '#f3c04f',
    matchOverviewRuler: '#8a5300',
    activeMatchColorOverviewRuler: '#8a5300',
  },
};
