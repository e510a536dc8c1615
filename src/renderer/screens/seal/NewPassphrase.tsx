import { shortestPassphrase } from '../../../contract/index.ts';
import { TextField } from '../../parts/Field.tsx';

export interface TypedTwice {
  readonly first: string;
  readonly second: string;
}

/** Long enough, and typed the same way twice. */
export const usableTwice = ({ first, second }: TypedTwice): boolean =>
  [...first].length >= shortestPassphrase && first === second;

interface NewPassphraseProps {
  readonly value: TypedTwice;
  readonly onChange: (value: TypedTwice) => void;
  /** Why the keychain does not do it: a clause; null when it could. */
  readonly why: string | null;
}

/** A passphrase that is chosen now, typed twice because it is not shown. */
export function NewPassphrase({ value, onChange, why }: NewPassphraseProps) {
  const { first, second } = value;
  const differ = second !== '' && first !== second && !first.startsWith(second);
  const because = why === null ? '' : `There is no keychain for it here: ${why}. `;
  return (
    <>
      <TextField
        label="New passphrase"
        type="password"
        autoComplete="new-password"
        value={first}
        hint={`${because}At least ${shortestPassphrase} characters; you are asked for it at every start. It is written nowhere.`}
        onChange={(next) => onChange({ first: next, second })}
      />
      <TextField
        label="Once more"
        type="password"
        autoComplete="new-password"
        value={second}
        error={differ ? 'The two are not the same.' : undefined}
        onChange={(next) => onChange({ first, second: next })}
      />
    </>
  );
}
