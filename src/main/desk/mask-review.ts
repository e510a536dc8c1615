import {
  type ConnectionConfig,
  type ConnectionMatches,
  DeskError,
  type Handlers,
  type MaskRule,
  messageOf,
} from '../../contract/index.ts';
import { matchedColumns } from '../../gateway/masking/review/matched-columns.ts';
import { ruleStandings } from '../../gateway/masking/review/rule-standings.ts';
import { requireDistinctIds } from './connections.ts';
import type { SettingsEditor } from './editor.ts';
import { withDeskErrors } from './errors.ts';
import type { DeskPorts } from './ports.ts';

type ReviewCalls = 'rules.hits' | 'rules.review' | 'rules.matches';

/** What mask rules do and did: how often, to which columns, and which of them do nothing. */
export function maskReviewHandlers(ports: DeskPorts, editor: SettingsEditor): Pick<Handlers, ReviewCalls> {
  const { gateway } = ports;

  const matchesOn = async (
    { name, upstream }: ConnectionConfig,
    rule: MaskRule,
    rules: readonly MaskRule[],
    limit: number,
  ): Promise<ConnectionMatches> => {
    try {
      const copied = gateway.copiedColumns(name).filter(({ database }) => database === upstream.database);
      const columns = matchedColumns({ rule, rules, catalog: await gateway.catalog(name), copied });
      return { connection: name, columns: columns.slice(0, limit), total: columns.length, problem: null };
    } catch (error) {
      return { connection: name, columns: [], total: 0, problem: messageOf(error) };
    }
  };

  return {
    'rules.hits': async ({ connection }) => {
      editor.connection(connection);
      return gateway.maskHits(connection).map((hit) => ({ ...hit }));
    },

    'rules.review': ({ connection, rules }) =>
      withDeskErrors(async () => {
        editor.connection(connection);
        return ruleStandings(rules, await gateway.catalog(connection));
      }),

    'rules.matches': ({ connection, rules, rule: id, limit }) =>
      withDeskErrors(async () => {
        requireDistinctIds(rules, 'mask rules');
        const here = editor.connection(connection);
        const rule = rules.find((one) => one.id === id);
        if (rule === undefined) throw new DeskError('unknown_rule', `There is no mask rule ${id}.`);
        const others = editor.current().connections.filter(({ name }) => name !== connection);
        return Promise.all([
          matchesOn(here, rule, rules, limit),
          ...others.map((other) => matchesOn(other, rule, placed(rule, other.maskRules), limit)),
        ]);
      }),
  };
}

/** Rules of another connection as if this one stood there as well. */
function placed(rule: MaskRule, rules: readonly MaskRule[]): readonly MaskRule[] {
  const known = rules.some(({ id }) => id === rule.id);
  return known ? rules.map((other) => (other.id === rule.id ? rule : other)) : [rule, ...rules];
}
