import { assertNever, type SealChange, type SealDoubt, type SealView } from '../../contract/index.ts';
import { terminalSafe } from '../../gateway/evidence/terminal-text.ts';

/** Why something is not believed, as one sentence. */
export function doubtWords(doubt: SealDoubt, subject: string): string {
  switch (doubt) {
    case 'changed':
      return `${subject}, or what is sealed with it, was changed since it was sealed.`;
    case 'rolled_back':
      return `An older state of ${subject} was put back together with its older seal.`;
    case 'forged':
      return `The seal of ${subject} was itself changed, or made with another key.`;
    case 'removed':
      return `${subject} was sealed, and the seal is gone.`;
    case 'key_unavailable':
      return `${subject} is sealed with a key in the keychain of the desktop app, which does not give it here.`;
    case 'unsealed':
      return `${subject} is not sealed.`;
    default:
      return assertNever(doubt);
  }
}

/** The difference, one line each, safe for a terminal. */
export function changeLines({ changes, omitted }: Pick<SealView, 'changes' | 'omitted'>): string[] {
  return [...changes.map(changeLine), ...(omitted === 0 ? [] : [`  … and ${omitted} more`])];
}

const signs = { added: '+', removed: '-', changed: '~' } as const;

function changeLine({ file, path, kind, before, after }: SealChange): string {
  const values = [before, after].filter((value) => value !== null).map((value) => terminalSafe(value));
  return `  ${signs[kind]} ${file}${path === '' ? '' : `  ${terminalSafe(path)}`}  ${values.join('  →  ')}`;
}
