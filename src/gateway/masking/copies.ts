import type { Assignment, Findings } from './lineage/place.ts';
import type { MaskedCatalog } from './masked-catalog.ts';
import type { Refusal, RefusalInput } from './refusal.ts';
import { createdRelation } from './temporary/creation.ts';
import { isTemporaryTable } from './temporary/overlay.ts';
import { tagged } from './tree.ts';
import type { CopiedColumn } from './types.ts';

type CopyInput = Pick<RefusalInput, 'tag' | 'node' | 'catalog' | 'findings'>;

/** Columns without a mask of their own that a statement would give values of masked ones. A view's follow from its definition. */
export function copiesOf(input: CopyInput): readonly CopiedColumn[] {
  const { tag, node, catalog } = input;
  const made = createdRelation(tag, node)?.relpersistence === 't';
  return uncovered(input).flatMap(({ schema, relation, column, lineage }): CopiedColumn[] => {
    if (column === null) return [];
    const temporary = made || isFollowed({ schema, relation }, catalog) ? { temporary: true as const } : {};
    return [{ schema, relation, column, sources: [...lineage.sources.keys()], ...temporary }];
  });
}

const isFollowed = ({ schema, relation }: Pick<Assignment, 'schema' | 'relation'>, catalog: MaskedCatalog): boolean =>
  catalog.relationsNamed(schema, relation).some(isTemporaryTable);

/** Copies that nobody could find again to mask them: what is copied, or where to, cannot be told. */
export function untraceableCopy(input: CopyInput): Refusal | null {
  const executes = input.tag === 'CreateTableAsStmt' && tagged(input.node.query, 'ExecuteStmt') !== null;
  const lost = uncovered(input).find(({ column, lineage }) => column === null || lineage.sources.size === 0);
  if (lost === undefined && !executes) return null;
  return {
    code: 'masked_write',
    reason: `the statement would copy what may be masked data into ${lost?.relation ?? 'a new table'}, and into which of its columns cannot be told`,
    hint: 'Name the columns on both sides, as in INSERT INTO t (a) SELECT b FROM …, or write what is not masked.',
  };
}

/** What stands beside a copy in one text would be judged as if there were none. */
export function copyAmongOthers([copy]: readonly CopiedColumn[]): Refusal | null {
  if (copy === undefined) return null;
  return {
    code: 'masked_write',
    reason: `the statement would copy ${copy.sources.join(', ')} into ${copy.relation}, among others in one text`,
    hint: 'Send what copies masked values in a text of its own: it will be held for the operator.',
  };
}

const uncovered = ({ tag, node, catalog, findings }: CopyInput): readonly Assignment[] =>
  tag === 'ViewStmt' || node.objtype === 'OBJECT_MATVIEW'
    ? []
    : findings.assignments.filter((assignment) => isCopy(assignment, findings) && !isCovered(assignment, catalog));

const isCopy = ({ lineage }: Assignment, { unknownRelation }: Findings): boolean =>
  lineage.sources.size > 0 || (lineage.unknown && unknownRelation !== null);

/**
 * True when the column that is written is masked itself, wherever the name may lead. Never in a temporary table: whoever chose its
 * types and constraints may learn from what does not fit there.
 */
function isCovered({ schema, relation, column }: Assignment, catalog: MaskedCatalog): boolean {
  const targets = catalog.relationsNamed(schema, relation);
  return (
    targets.length > 0 &&
    targets.every((target) => {
      if (isTemporaryTable(target)) return false;
      const known = target.relation.columns.find(({ name }) => name === column);
      return known !== undefined && target.masked.has(known.attributeNumber);
    })
  );
}
