import type { SealChange, SealView } from '../../contract/index.ts';
import { terminalSafe } from '../../gateway/evidence/terminal-text.ts';

/** The difference, one line each, safe for a terminal. */
export function changeLines({ changes, omitted }: Pick<SealView, 'changes' | 'omitted'>): string[] {
  return [...changes.map(changeLine), ...(omitted === 0 ? [] : [`  … and ${omitted} more`])];
}

const signs = { added: '+', removed: '-', changed: '~' } as const;

function changeLine({ file, path, kind, before, after }: SealChange): string {
  const values = [before, after].filter((value) => value !== null).map((value) => terminalSafe(value));
  return `  ${signs[kind]} ${file}${path === '' ? '' : `  ${terminalSafe(path)}`}  ${values.join('  →  ')}`;
}
