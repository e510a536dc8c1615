import { DeskError, doubtWords } from '../../contract/index.ts';
import { changeLines } from './change-lines.ts';
import type { SealKeeper } from './keeper.ts';

/**
 * Why a start without anybody to ask ends here, with the difference. `command` is what shows and decides about it, such as
 * `postern seal show FILE`.
 */
export function sealRefusal(keeper: SealKeeper, command: (what: string) => string): DeskError {
  const view = keeper.view();
  if (view.doubt === null) {
    return new DeskError(
      'passphrase_missing',
      `${view.subject} is sealed, and its passphrase was not given.`,
      'Nothing was opened. Type it at the terminal, or hand it in with POSTERN_PASSPHRASE or --passphrase-fd.',
    );
  }
  const lines = changeLines(view);
  return new DeskError(
    'seal_broken',
    [doubtWords(view.doubt, view.subject), ...lines].join('\n'),
    `Nothing was opened and nothing was changed. \`${command('accept')}\` seals what is there${
      view.restorable ? `, \`${command('restore')}\` puts back what was sealed` : ''
    }.`,
  );
}
