import type { CatalogTable } from '../../contract/index.ts';
import { maskedCatalog } from '../../gateway/masking/closure.ts';
import { previewRows } from '../../gateway/masking/preview.ts';
import { compileMasking } from '../../gateway/masking/profile.ts';
import { isSystemSchema } from '../../gateway/masking/review/user-columns.ts';
import { policies, policyOf } from '../../gateway/policy/index.ts';
import { judge } from '../../gateway/session/judge.ts';
import { newSession } from '../../gateway/session/judged.ts';
import { NameRegistry } from '../../gateway/session/names.ts';
import { rejudge } from '../../gateway/session/rejudge.ts';
import type { CatalogRelation } from '../../gateway/sql/catalog.ts';
import { createParser } from '../../gateway/sql/parser.ts';
import { maskExplanation } from './mask-explanation.ts';
import type { DeskJudges } from './ports.ts';

/** What pg_class.relkind means on the desk; other kinds hold no columns that a rule could name. */
const kinds: Readonly<Record<string, CatalogTable['kind']>> = {
  r: 'table',
  p: 'partitioned_table',
  v: 'view',
  m: 'materialized_view',
  f: 'foreign_table',
};

/** The very rooms that judge and mask the agents' statements, asked by the desk. `hashKey` is the hash masker's. */
export async function createJudges(hashKey: Buffer): Promise<DeskJudges> {
  const parser = await createParser();
  return {
    policies,
    explain(config, text, catalog, agent) {
      const { name, environment, maskRules, maskedComparisons, upstream } = config;
      const { verdict, rule, effects, masking } = judge(Buffer.from(text), 'simple', new NameRegistry(), {
        ...newSession,
        cautions: { current: () => null, comparisonsLeft: maskedComparisons },
        parser,
        catalog,
        policy: policyOf(config),
        profile: compileMasking({ rules: maskRules, catalog, hashKey }),
        environment,
        connection: name,
        agent,
        subject: agent,
        groups: [],
        database: upstream.database,
        role: upstream.user,
        now: Date.now(),
        transaction: 'idle',
      });
      return { verdict, rule, effects, masking: masking === null ? null : maskExplanation(masking) };
    },
    policyOf,
    rejudge({ environment, maskRules, ...config }, proposed, records, catalog) {
      const profile = compileMasking({ rules: maskRules, catalog, hashKey });
      return rejudge(records, [policyOf(config), policyOf(proposed)], {
        parser,
        catalog,
        profile,
        environment,
        groups: [],
      });
    },
    catalogTables({ maskRules }, snapshot) {
      const { catalog } = maskedCatalog(maskRules, snapshot);
      return snapshot.relations.flatMap((relation) => {
        const kind = kinds[relation.kind];
        if (kind === undefined || isSystemSchema(relation.schema)) return [];
        const masked = catalog.byOid.get(relation.oid)?.masked;
        return [{ schema: relation.schema, name: relation.name, kind, columns: columnsOf(relation, masked) }];
      });
    },
    previewRows: (input) => previewRows({ ...input, hashKey }),
  };
}

function columnsOf(
  { columns }: CatalogRelation,
  masked: ReadonlyMap<number, { readonly rule: string }> | undefined,
): CatalogTable['columns'] {
  return columns.map(({ name, type, attributeNumber }) => ({
    name,
    type,
    maskedBy: masked?.get(attributeNumber)?.rule ?? null,
  }));
}
