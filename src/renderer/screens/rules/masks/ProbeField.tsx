import type { MaskRule, ProbeLevel } from '../../../../contract/index.ts';
import { SelectField } from '../../../parts/Field.tsx';
import { probeChoices } from './words.ts';

interface ProbeFieldProps {
  readonly rule: MaskRule;
  onChange(rule: MaskRule): void;
}

/** How far the columns of a rule may decide which rows come. Withheld ones may not be named at all, so there is no choice. */
export function ProbeField({ rule, onChange }: ProbeFieldProps) {
  if (rule.masker.kind === 'withhold') return null;
  const level = rule.probes ?? 'ask';
  const choose = (next: ProbeLevel) => {
    const { probes: _old, ...rest } = rule;
    onChange(next === 'ask' ? rest : { ...rest, probes: next });
  };
  return (
    <SelectField
      label="When it steers a result"
      value={level}
      options={probeChoices}
      hint={probeChoices.find(({ value }) => value === level)?.hint}
      onChange={choose}
    />
  );
}
