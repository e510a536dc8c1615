import type { EffectsView } from '../../contract/index.ts';
import type { StatementMasking } from '../masking/types.ts';
import { withinScope } from '../policy/scope.ts';
import type { Judgement, PolicyInput } from '../policy/types.ts';
import type { CatalogSnapshot } from '../sql/catalog.ts';
import { indexOf } from '../sql/catalog-index.ts';
import { columnsTouched } from '../sql/columns.ts';
import type { Effects, RelationReference, Understanding } from '../sql/effects.ts';
import { sqlstate } from '../wire/constants.ts';
import { restsOnCatalog } from './catalog-reliance.ts';
import { withCaution } from './caution.ts';
import { commits, cumulativeEffects, gateCommit } from './commit-gate.ts';
import { consequencesOf } from './consequences.ts';
import { effectsView, unknownEffects } from './effects-view.ts';
import type { JudgeContext, Judged } from './judged.ts';
import { withMasking } from './mask-verdict.ts';
import { withNet } from './net-verdict.ts';
import { notUnderstood } from './reading.ts';

/** What is the same at every judgement of one understanding. */
interface Facts {
  readonly effects: readonly Effects[];
  readonly view: EffectsView;
  readonly commits: boolean;
}

const known = new WeakMap<Understanding, Facts>();

/** The parser hands out the same understanding for the same text and catalog. */
function factsOf(understanding: Understanding): Facts {
  const before = known.get(understanding);
  if (before !== undefined) return before;
  const understood = understanding.status === 'understood';
  const effects = understood ? understanding.statements.map((statement) => statement.effects) : [];
  const facts = { effects, view: understood ? effectsView(effects) : unknownEffects, commits: effects.some(commits) };
  known.set(understanding, facts);
  return facts;
}

/**
 * The verdict on what was understood: the policy, then what may only make it stricter (doubt about the catalog, the key's
 * scope, masks, cautions), then the commit gate. `own`: the text as it stands; `understanding`: with what EXECUTE and FETCH
 * run. No object is copied here: it runs for every statement, and a copy of the context costs more than the rest together.
 */
export function conclude(
  shown: Pick<Judged, 'text' | 'wholeDigest'>,
  own: Understanding,
  understanding: Understanding,
  masking: StatementMasking | null,
  protocol: 'simple' | 'extended' | 'function_call',
  context: JudgeContext,
): Judged {
  const { policy, uncommitted } = context;
  const input = inputOf(understanding, protocol, context);
  const byPolicy = withinScope(doubted(policy.judge(input), understanding, protocol, context), context.scope, input);
  const facts = factsOf(understanding);
  const byMasks = withMasking(byPolicy, masking, policy, context.cautions.comparisonsLeft);
  const judged = withCaution(withNet(byMasks, understanding, context), context.cautions.current(), facts.effects);
  const masked = isSlip(own, judged, context) ? slip : judged;
  const { verdict, rule, awaitsCommit, commitsGated } = gateCommit(masked, facts.effects, context);
  const consequences = consequencesOf(facts.view, facts.effects, context);
  return {
    text: shown.text,
    ...(shown.wholeDigest === undefined ? null : { wholeDigest: shown.wholeDigest }),
    verdict,
    rule,
    awaitsCommit,
    commitsGated,
    commits: facts.commits,
    effects: commitsGated ? cumulativeEffects(uncommitted) : facts.view,
    masking: masked === slip ? withServersWords(masking) : masking,
    statements: own.status === 'understood' ? own.statements : [],
    changes: consequences.changes,
    changesCatalog: consequences.changesCatalog,
    makes: consequences.makes,
    changesSettings: consequences.changesSettings,
    mayChangeSearchPath: consequences.mayChangeSearchPath,
    mayChangeReading: consequences.mayChangeReading,
    movesNames: consequences.movesNames,
  };
}

/** What nobody need be asked about: a text that neither grammar takes only brings the server's error, which says where it is wrong. */
const isSlip = (own: Understanding, { verdict }: Judgement, { refusedByGrammar }: JudgeContext): boolean =>
  refusedByGrammar && own.status === 'not_understood' && own.code === 'syntax' && verdict !== 'terminate';

const slip: Judgement = {
  verdict: 'allow',
  rule: {
    id: 'syntax-error',
    title: 'A syntax error',
    reason:
      'Neither Postern nor the server can read the text, so nothing of it can run; the agent gets the server’s error.',
    hint: null,
  },
};

/** The server's complaint about a text that it cannot read quotes that text and nothing else. */
const withServersWords = (masking: StatementMasking | null): StatementMasking | null =>
  masking === null
    ? null
    : { ...masking, scrub: (fields) => (fields.C === sqlstate.syntaxError ? fields : masking.scrub(fields)) };

const inputOf = (
  understanding: Understanding,
  protocol: PolicyInput['protocol'],
  context: JudgeContext,
): PolicyInput => ({
  understanding,
  protocol,
  environment: context.environment,
  connection: context.connection,
  agent: context.agent,
  subject: context.subject,
  groups: context.groups,
  database: context.database,
  role: context.role,
  now: context.now,
  transaction: context.transaction,
  transactionMoved: context.transactionMoved,
  estimatedRows: (relation) => estimatedRows(relation, context.catalog),
  columns: (statement) => columnsTouched(statement, context.catalog),
});

/** What would be let through because of a catalog that cannot be relied on is judged as what is not understood. */
function doubted(
  judgement: Judgement,
  understanding: Understanding,
  protocol: PolicyInput['protocol'],
  context: JudgeContext,
): Judgement {
  const { policy, profile, catalogDoubt, madeHere } = context;
  // What waits for its COMMIT is seen by a person before anything of it lasts.
  if (
    judgement.verdict !== 'allow' ||
    understanding.status !== 'understood' ||
    (catalogDoubt === null && madeHere.size === 0)
  )
    return judgement;
  const rests = understanding.statements.some(
    ({ effects }) =>
      (catalogDoubt !== null && restsOnCatalog(effects, profile.active)) ||
      effects.writes.some(({ name }) => madeHere.has(name)),
  );
  if (!rests) return judgement;
  const reason =
    catalogDoubt ??
    'it writes to what this transaction has just made, and only after COMMIT can be seen what that does';
  const doubt = policy.judge(inputOf(notUnderstood(reason), protocol, context));
  return doubt.verdict === 'allow' ? judgement : doubt;
}

/** pg_class.reltuples is -1 for a relation that was never analysed. */
function estimatedRows({ oid }: RelationReference, catalog: CatalogSnapshot | null): number | null {
  const rows = oid === null || catalog === null ? undefined : indexOf(catalog).relationByOid(oid)?.estimatedRows;
  return rows === undefined || rows < 0 ? null : rows;
}
