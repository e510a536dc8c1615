import { detectorWords, type MaskRule } from '../../../contract/index.ts';
import { SelectField, TextField } from '../../parts/Field.tsx';
import { detectorChoices } from './net/words.ts';

interface ColumnFieldsProps {
  readonly rule: MaskRule;
  readonly problems: Readonly<Record<string, string>>;
  onChange(rule: MaskRule): void;
}

const ways = [
  { value: 'name', label: 'Name' },
  { value: 'tag', label: 'Tag' },
  { value: 'detector', label: 'Finding' },
] as const;
type Way = (typeof ways)[number]['value'];

const wayOf = ({ tag, detector }: MaskRule): Way =>
  tag !== undefined ? 'tag' : detector !== undefined ? 'detector' : 'name';

/** The columns of a rule in one line. */
export function columnsText(rule: MaskRule): string {
  const name = `${rule.schema}.${rule.table || 'table'}.${rule.column || 'column'}`;
  const where = name === '*.*.*' ? '' : ` in ${name}`;
  if (rule.tag !== undefined) return `tagged ${rule.tag}${where}`;
  return rule.detector === undefined ? name : `with ${detectorWords[rule.detector]}${where}`;
}

/** Which columns a rule is for: by name, by a tag in their comments, or by what a detector found in them. */
export function ColumnFields({ rule, problems, onChange }: ColumnFieldsProps) {
  const way = wayOf(rule);
  const { tag: _tag, detector: _detector, ...named } = rule;
  const everywhere = { ...named, schema: '*', table: '*', column: '*' };
  const choose = (next: Way) => {
    if (next === 'name') onChange(way === 'name' ? rule : { ...named, schema: 'public', table: '', column: '' });
    else onChange(next === 'tag' ? { ...everywhere, tag: 'pii' } : { ...everywhere, detector: 'email' });
  };
  return (
    <>
      <SelectField label="Columns by" value={way} options={ways} onChange={choose} />
      {rule.tag !== undefined && (
        <TextField
          label="Tag"
          mono
          value={rule.tag}
          error={problems.tag}
          hint="in comments: postern:tag=…"
          onChange={(tag) => onChange({ ...rule, tag })}
        />
      )}
      {rule.detector !== undefined && (
        <SelectField
          label="Detector"
          value={rule.detector}
          options={detectorChoices}
          hint="once it has recognised some"
          onChange={(detector) => onChange({ ...rule, detector })}
        />
      )}
      <TextField
        label="Schema"
        mono
        value={rule.schema}
        error={problems.schema}
        onChange={(schema) => onChange({ ...rule, schema })}
      />
      <TextField
        label="Table"
        mono
        value={rule.table}
        error={problems.table}
        onChange={(table) => onChange({ ...rule, table })}
      />
      <TextField
        label="Column"
        mono
        value={rule.column}
        error={problems.column}
        onChange={(column) => onChange({ ...rule, column })}
      />
    </>
  );
}
