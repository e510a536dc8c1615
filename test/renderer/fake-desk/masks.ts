import {
  type ConnectionView,
  type CopiedColumnView,
  DeskError,
  type Handlers,
  type MaskExplanation,
  type MaskRule,
  type MatchedColumn,
  type RenamedColumnView,
  type RuleStanding,
} from '../../../src/contract/index.ts';
import { catalog } from './settings.ts';

type MaskCalls =
  | 'rules.hits'
  | 'rules.review'
  | 'rules.matches'
  | 'copies.list'
  | 'copies.forget'
  | 'renamed.list'
  | 'renamed.forget';

interface Options {
  readonly now: number;
  readonly empty: boolean;
  readonly views: () => readonly ConnectionView[];
}

/** What a desk says of mask rules, from the fake catalog. */
export function fakeMaskHandlers({ now, empty, views }: Options): Pick<Handlers, MaskCalls> {
  let copies: readonly CopiedColumnView[] = empty
    ? []
    : [
        {
          ...{
            connection: 'shop',
            database: 'shop',
            schema: 'public',
            relation: 'customers_backup',
            column: 'contact',
          },
          ...{ sources: ['customers.email', 'customers.phone'], since: now - 86_400_000 * 2 },
        },
      ];
  let renamed: readonly RenamedColumnView[] = empty
    ? []
    : [
        {
          ...{ connection: 'shop', database: 'shop', oid: 16_500, attributeNumber: 3, rule: 'mask-customers-phone' },
          was: { schema: 'public', relation: 'customers', column: 'phone' },
          now: { schema: 'public', relation: 'customers', column: 'telephone' },
          since: now - 3_600_000,
        },
      ];
  const named = ({ now: { schema, relation, column } }: RenamedColumnView): boolean =>
    views().some(({ config }) =>
      config.maskRules.some(
        (rule) => rule.schema === schema && rule.table === relation && pattern(rule.column).test(column),
      ),
    );
  return {
    'rules.hits': async () =>
      empty
        ? []
        : [
            { id: 'mask-customers-email', hits: 41, lastAt: now - 120_000 },
            { id: 'mask-customers-phone', hits: 1, lastAt: now - 7_200_000 },
          ],
    'rules.review': async ({ rules }) => rules.map((rule, place) => standing(rule, rules.slice(0, place))),
    'rules.matches': async ({ connection, rules, rule: id, limit }) =>
      views()
        .map(({ config: { name } }) => {
          if (name === 'shop-staging')
            return { connection: name, columns: [], total: 0, problem: 'Connection shop-staging needs its password.' };
          const rule = rules.find((one) => one.id === id);
          const columns = rule === undefined || name === 'demo' ? [] : matched(rule);
          return { connection: name, columns: columns.slice(0, limit), total: columns.length, problem: null };
        })
        .sort((one) => (one.connection === connection ? -1 : 1)),
    'copies.list': async ({ connection }) => copies.filter((copy) => copy.connection === connection),
    'copies.forget': async ({ relation, column }) => {
      const kept = copies.filter((copy) => copy.relation !== relation || copy.column !== column);
      if (kept.length === copies.length) throw new DeskError('copy_not_found', 'It is not remembered.');
      copies = kept;
      return {};
    },
    'renamed.list': async ({ connection }) =>
      renamed.filter((column) => column.connection === connection && !named(column)),
    'renamed.forget': async ({ oid, attributeNumber }) => {
      renamed = renamed.filter((column) => column.oid !== oid || column.attributeNumber !== attributeNumber);
      return {};
    },
  };
}

const pattern = (text: string): RegExp => new RegExp(`^${text.replaceAll('*', '.*')}$`);

function columnsOf(rule: MaskRule): { name: string; type: string }[] {
  return catalog
    .filter(({ schema, name }) => pattern(rule.schema).test(schema) && pattern(rule.table).test(name))
    .flatMap(({ schema, name, columns }) =>
      columns
        .filter((column) => pattern(rule.column).test(column.name))
        .map((column) => ({ name: `${schema}.${name}.${column.name}`, type: column.type })),
    );
}

function standing(rule: MaskRule, earlier: readonly MaskRule[]): RuleStanding {
  const own = columnsOf(rule).map(({ name }) => name);
  const overlaps = earlier.flatMap((other) => {
    const both = columnsOf(other)
      .map(({ name }) => name)
      .filter((name) => own.includes(name));
    const sameMasker = JSON.stringify(other.masker) === JSON.stringify(rule.masker);
    return both.length === 0
      ? []
      : [
          {
            rule: other.id,
            masker: other.masker,
            sameMasker,
            exceptsSomebody: false,
            columns: both,
            total: both.length,
          },
        ];
  });
  const lost = new Set(overlaps.flatMap(({ columns }) => columns));
  const masks = own.filter((name) => !lost.has(name)).length;
  return {
    id: rule.id,
    state: own.length === 0 ? 'unmatched' : masks === 0 ? 'shadowed' : 'in_force',
    masks,
    overlaps,
  };
}

function matched(rule: MaskRule): MatchedColumn[] {
  return [
    ...columnsOf(rule).map(({ name, type }) => ({ column: name, type, how: 'rule' as const, heldBy: null })),
    { column: 'public.order_overview.customer', type: 'text', how: 'view', heldBy: 'mask-customers-name' },
    { column: 'public.customers_2026.email', type: 'text', how: 'partition', heldBy: null },
    { column: 'public.customers_backup.contact', type: 'text', how: 'copied', heldBy: null },
  ];
}

const email = { label: 'customers.email', rule: 'mask-customers-email', masker: 'email' };
const column = { many: false, unknown: false, verbatim: true };

/** What masks make of any reading statement. */
export const explained: MaskExplanation = {
  columns: [
    { ...column, name: 'id', sources: [], mask: null },
    { ...column, name: 'email', sources: [email], mask: { rule: email.rule, masker: 'email' } },
    { ...column, name: 'domain', verbatim: false, sources: [email], mask: { rule: 'derived', masker: 'full' } },
    { ...column, name: null, verbatim: false, unknown: true, sources: [], mask: { rule: 'derived', masker: 'full' } },
  ],
  tainted: true,
  probes: [{ label: 'customers.email', level: 'equality', comparisons: 2 }],
  copies: [],
  refusal: null,
};
