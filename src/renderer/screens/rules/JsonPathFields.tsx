import type { JsonPathMask } from '../../../contract/index.ts';
import { Button } from '../../parts/Button.tsx';
import { SelectField, TextField } from '../../parts/Field.tsx';
import { PlusIcon, TrashIcon } from '../../theme/icons.tsx';
import styles from './MaskerOptions.module.css';
import { defaultValueMasker, valueMaskerChoices } from './maskers.ts';
import { ValueMaskerOptions } from './ValueMaskerOptions.tsx';

interface JsonPathFieldsProps {
  readonly paths: readonly JsonPathMask[];
  readonly problems: Readonly<Record<string, string>>;
  onChange(paths: readonly JsonPathMask[]): void;
}

/** The paths of a JSON masker, each with how its values are masked. */
export function JsonPathFields({ paths, problems, onChange }: JsonPathFieldsProps) {
  const replace = (place: number, next: JsonPathMask) => onChange(paths.map((one, at) => (at === place ? next : one)));
  return (
    <div className={styles.paths}>
      {paths.map((one, place) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: paths have no identity besides their place, which is their precedence
        <fieldset key={place} className={styles.path}>
          <legend className="visually-hidden">Path {place + 1}</legend>
          <TextField
            label="Path"
            mono
            maxLength={200}
            placeholder="$.items[*].email"
            value={one.path}
            error={problems[`masker.paths.${place}.path`]}
            onChange={(path) => replace(place, { ...one, path })}
          />
          <div className={styles.how}>
            <SelectField
              label="Masker"
              value={one.masker.kind}
              options={valueMaskerChoices}
              onChange={(kind) => replace(place, { ...one, masker: defaultValueMasker(kind) })}
            />
            <ValueMaskerOptions
              key={one.masker.kind}
              masker={one.masker}
              problems={problems}
              at={`masker.paths.${place}.masker`}
              onChange={(masker) => replace(place, { ...one, masker })}
            />
          </div>
          <Button
            variant="quiet"
            icon={<TrashIcon />}
            aria-label={`Remove the path ${one.path === '' ? place + 1 : one.path}`}
            title="Remove"
            disabled={paths.length === 1}
            onClick={() => onChange(paths.filter((_, at) => at !== place))}
          />
        </fieldset>
      ))}
      <Button
        variant="quiet"
        icon={<PlusIcon />}
        disabled={paths.length >= 50}
        onClick={() => onChange([...paths, { path: '', masker: { kind: 'full' } }])}
      >
        Add a path
      </Button>
    </div>
  );
}
