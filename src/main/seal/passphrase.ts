import { DeskError, messageOf } from '../../contract/index.ts';

/** The variable that a passphrase may come in. */
const variable = 'POSTERN_PASSPHRASE';

export interface PassphrasePorts {
  /** The variable is deleted from it once read. */
  readonly environment: Record<string, string | undefined>;
  readonly readDescriptor: (descriptor: number) => string;
}

/**
 * The passphrase that came with the start: over a file descriptor when one is named, else in POSTERN_PASSPHRASE; null when in
 * neither. Throws DeskError `passphrase_missing` when the descriptor holds none.
 */
export function givenPassphrase(
  descriptor: number | null,
  { environment, readDescriptor }: PassphrasePorts,
): string | null {
  const given = environment[variable];
  delete environment[variable];
  if (descriptor === null) return given === undefined || given === '' ? null : given;
  const hint = `Start Postern with that descriptor open, e.g. \`postern … --passphrase-fd ${descriptor} ${descriptor}< file\`.`;
  let text = '';
  try {
    text = readDescriptor(descriptor).replace(/\r?\n$/, '');
  } catch (error) {
    throw new DeskError(
      'passphrase_missing',
      `The passphrase should come over file descriptor ${descriptor}: ${messageOf(error)}.`,
      hint,
    );
  }
  if (text === '')
    throw new DeskError('passphrase_missing', `File descriptor ${descriptor} holds no passphrase.`, hint);
  return text;
}
