import type { CatalogTable, MaskRule } from '../../../contract/index.ts';
import { cx } from '../../parts/cx.ts';
import { Visible } from '../../parts/Visible.tsx';
import { ChevronIcon, MaskIcon, PlusIcon } from '../../theme/icons.tsx';
import styles from './CatalogTree.module.css';
import { covers } from './drafts.ts';
import type { PreviewTarget } from './RulePreview.tsx';

interface CatalogTreeProps {
  readonly tables: readonly CatalogTable[];
  readonly rules: readonly MaskRule[];
  readonly readOnly: boolean;
  readonly target: PreviewTarget | null;
  onPreview(target: PreviewTarget): void;
  onAdd(schema: string, table: string, column: string): void;
}

const kinds: Record<CatalogTable['kind'], string> = {
  table: '',
  view: 'view',
  materialized_view: 'materialized view',
  partitioned_table: 'partitioned',
  foreign_table: 'foreign',
};

/** Tables and their columns, with the rule that covers each. A click on a column without a rule adds one. */
export function CatalogTree({ tables, rules, readOnly, target, onPreview, onAdd }: CatalogTreeProps) {
  if (tables.length === 0) return <p className={styles.none}>No table is visible to this connection’s role.</p>;
  return (
    <ul className={styles.tree}>
      {tables.map((table) => {
        const shown = target?.schema === table.schema && target.table === table.name;
        return (
          <li key={`${table.schema}.${table.name}`}>
            <button
              type="button"
              className={cx(styles.table, shown && styles.shown)}
              aria-expanded={shown}
              onClick={() => onPreview({ schema: table.schema, table: table.name })}
            >
              <ChevronIcon size={12} className={styles.chevron} />
              <span className={styles.name}>
                {table.schema !== 'public' && <span className={styles.schema}>{table.schema}.</span>}
                <Visible text={table.name} />
              </span>
              <span className={styles.kind}>{kinds[table.kind]}</span>
            </button>
            {shown && (
              <ul>
                {table.columns.map((column) => {
                  const rule =
                    rules.find((candidate) => covers(candidate, table.schema, table.name, column.name)) ??
                    rules.find(({ id, tag, detector }) => (tag ?? detector) !== undefined && id === column.maskedBy);
                  return (
                    <li key={column.name}>
                      <button
                        type="button"
                        className={styles.column}
                        disabled={readOnly || rule !== undefined}
                        title={rule ? `Masked by ${rule.id}` : readOnly ? undefined : 'Add a rule for this column'}
                        onClick={() => onAdd(table.schema, table.name, column.name)}
                      >
                        <span className={cx(styles.name, rule && styles.masked)}>
                          {rule && <MaskIcon size={12} />}
                          <Visible text={column.name} />
                          {rule && <span className="visually-hidden">, masked</span>}
                        </span>
                        <span className={styles.type}>{column.type}</span>
                        {!rule && !readOnly && <PlusIcon size={12} className={styles.plus} />}
                      </button>
                    </li>
                  );
                })}
              </ul>
            )}
          </li>
        );
      })}
    </ul>
  );
}
