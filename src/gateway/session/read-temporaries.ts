import { z } from 'zod';
import type { CatalogColumn } from '../sql/catalog.ts';
import type { Answers } from './answers.ts';
import { askHidden } from './hidden-exchange.ts';

/** A temporary relation of a session, as the server lists it. */
export interface ListedRelation {
  readonly oid: number;
  /** `pg_temp_3` */
  readonly schema: string;
  readonly name: string;
  /** A table with no rows but its own, which is written by nobody but the statements that name it. */
  readonly plain: boolean;
  readonly columns: readonly CatalogColumn[];
}

// The session's own operators may stand before those of pg_catalog: its search_path is the agent's to set.
const text = `
SELECT c.oid, n.nspname, c.relname,
  c.relkind OPERATOR(pg_catalog.=) 'r' AND NOT (c.relhasrules OR c.relhastriggers OR c.relhassubclass OR c.relrowsecurity)
    AND NOT EXISTS (SELECT FROM pg_catalog.pg_inherits i WHERE i.inhrelid OPERATOR(pg_catalog.=) c.oid),
  (SELECT pg_catalog.json_agg(pg_catalog.json_build_array(a.attnum, a.attname, a.atttypid::pg_catalog.int8,
      pg_catalog.format_type(a.atttypid, a.atttypmod)) ORDER BY a.attnum)
    FROM pg_catalog.pg_attribute a
    WHERE a.attrelid OPERATOR(pg_catalog.=) c.oid AND a.attnum OPERATOR(pg_catalog.>) 0::pg_catalog.int2 AND NOT a.attisdropped),
  pg_catalog.pg_backend_pid()
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
WHERE c.relnamespace OPERATOR(pg_catalog.=) pg_catalog.pg_my_temp_schema()
  AND c.relkind OPERATOR(pg_catalog.=) ANY ('{r,p,v,m,f,S}'::pg_catalog."char"[])`;

const columns = z.array(z.tuple([z.number(), z.string(), z.number(), z.string()])).nullable();

/**
 * Asks the server which temporary relations the session has, unseen by the client. Null when it gave no answer, or when it was another
 * process of the server that answered (behind a pooler): what the session made is then somewhere else.
 */
export async function readTemporaries(
  answers: Answers,
  write: (frames: readonly Buffer[]) => void,
  processId: number,
): Promise<readonly ListedRelation[] | null> {
  const rows = (await askHidden(answers, write, [text]))?.[0];
  if (rows === undefined) return null;
  const listed: ListedRelation[] = [];
  for (const row of rows) {
    const [oid = '', schema = '', name = '', plain, list, process] = row.map((value) => value?.toString('utf8') ?? '');
    if (Number(process) !== processId) return null;
    const described = columns.parse(list === '' ? null : JSON.parse(list ?? 'null')) ?? [];
    listed.push({ oid: Number(oid), schema, name, plain: plain === 't', columns: described.map(columnOf) });
  }
  return listed;
}

const columnOf = ([attributeNumber, name, typeOid, type]: [number, string, number, string]): CatalogColumn => ({
  attributeNumber,
  name,
  typeOid,
  type,
  generated: null,
});
