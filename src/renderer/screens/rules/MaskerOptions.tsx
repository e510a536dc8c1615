import type { Masker } from '../../../contract/index.ts';
import { JsonPathFields } from './JsonPathFields.tsx';
import { ValueMaskerOptions } from './ValueMaskerOptions.tsx';

interface MaskerOptionsProps {
  readonly masker: Masker;
  readonly problems: Readonly<Record<string, string>>;
  onChange(masker: Masker): void;
}

/** What a masker lets one choose. Most have nothing. */
export function MaskerOptions({ masker, problems, onChange }: MaskerOptionsProps) {
  if (masker.kind === 'withhold') return null;
  return masker.kind === 'json' ? (
    <JsonPathFields
      paths={masker.paths}
      problems={problems}
      onChange={(paths) => onChange({ ...masker, paths: [...paths] })}
    />
  ) : (
    <ValueMaskerOptions masker={masker} problems={problems} at="masker" onChange={onChange} />
  );
}
