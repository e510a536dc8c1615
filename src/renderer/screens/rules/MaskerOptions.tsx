import type { Masker } from '../../../contract/index.ts';
import { TextField } from '../../parts/Field.tsx';
import styles from './MaskerOptions.module.css';

interface MaskerOptionsProps {
  readonly masker: Masker;
  readonly problems: Readonly<Record<string, string>>;
  onChange(masker: Masker): void;
}

/** What a masker lets one choose. Most have nothing. */
export function MaskerOptions({ masker, problems, onChange }: MaskerOptionsProps) {
  switch (masker.kind) {
    case 'partial':
      return (
        <div className={styles.pair}>
          <TextField
            label="Keep first"
            type="number"
            min={0}
            max={32}
            value={masker.keepStart}
            error={problems['masker.keepStart']}
            onChange={(text) => onChange({ ...masker, keepStart: Number(text) })}
          />
          <TextField
            label="Keep last"
            type="number"
            min={0}
            max={32}
            value={masker.keepEnd}
            error={problems['masker.keepEnd']}
            onChange={(text) => onChange({ ...masker, keepEnd: Number(text) })}
          />
        </div>
      );
    case 'fixed':
      return (
        <TextField
          label="Value"
          mono
          maxLength={200}
          value={masker.value}
          error={problems['masker.value']}
          onChange={(value) => onChange({ ...masker, value })}
        />
      );
    default:
      return null;
  }
}
