import type { BoundValue } from '../../contract/index.ts';
import { statementDigest } from '../approval/digest.ts';
import { type BindMessage, decodeParse } from '../wire/decode-frontend.ts';
import { sqlIdentifier } from '../wire/quote.ts';
import type { Answers } from './answers.ts';
import { boundValues } from './bound-values.ts';
import type { Definition } from './definition.ts';
import { judgeDefinition, runsByName } from './judge.ts';
import type { JudgeContext, Judged } from './judged.ts';
import { refusalRule } from './mask-verdict.ts';
import type { NameRegistry } from './names.ts';
import { judgeOversized, type Oversized } from './oversized.ts';
import type { Portal } from './owed.ts';
import { asksForPolicy, asPolicyQuestion } from './own-policy.ts';
import { whyUnreadable } from './reading.ts';
import type { RunningStatement } from './running-statement.ts';
import { partOf } from './sequence-step.ts';
import type { SettingsMark } from './settings-mark.ts';
import type { Member } from './unit-plan.ts';

/** What a unit is planned with: what the session knows at this moment. */
export interface PlanOptions {
  readonly context: JudgeContext;
  readonly names: NameRegistry;
  readonly answers: Answers;
  readonly database: string;
  readonly role: string;
  readonly searchPath: readonly string[];
  readonly settings: SettingsMark;
  /** A statement before it in the same segment may change settings that `settings` does not know of yet. */
  readonly settingsInFlight?: boolean;
  /** A statement before it in the same segment copies masked values to where they are masked only afterwards. */
  readonly copiesInFlight?: boolean;
  /** Writes the statement record and returns what follows the statement to its outcome. */
  readonly record: (
    judged: Judged,
    protocol: 'simple' | 'extended' | 'function_call',
    parameters: readonly BoundValue[],
    digest: string,
  ) => RunningStatement;
}

/** The judgement of a statement now that its values are known: one of them may be what a mask showed. */
function withValues(judged: Judged, parameters: readonly BoundValue[]): Judged {
  if (judged.masking === null || judged.verdict === 'block' || judged.verdict === 'terminate') return judged;
  const refusal = judged.masking.refuseValues(parameters.flatMap(({ text }) => (text === null ? [] : [text])));
  return refusal === null ? judged : { ...judged, verdict: 'block', rule: refusalRule(refusal), awaitsCommit: false };
}

/** Names must be UTF-8 to be told apart; the text is judged as bytes. */
export function definitionOf(frame: Buffer, context: JudgeContext): { name: string; definition: Definition } {
  const { name, text, parameterTypes } = decodeParse(frame);
  const unreadable = whyUnreadable(text, context);
  return { name, definition: { via: 'parse', text, parameterTypes, ...(unreadable === null ? {} : { unreadable }) } };
}

/** What a Bind makes: the statement with its values, judged, and the portal that will run it. */
export function bindMember(
  message: BindMessage,
  known: Definition | undefined,
  names: NameRegistry,
  options: PlanOptions,
) {
  const definition = known ?? unknownDefinition(message.statement);
  const byText = judgeDefinition(definition, names, options.context);
  const parameters = boundValues(message, definition.parameterTypes);
  const asks = definition.via === 'parse' && asksForPolicy(definition.text, options.context);
  const judged = asks ? asPolicyQuestion(byText) : withValues(byText, parameters);
  const made = makeMember(judged, 'extended', message, parameters, definition, options);
  const fields = options.answers.statementFields(message.statement);
  return {
    member: made,
    portal: portalOf(
      definition,
      made,
      message.resultFormats,
      names,
      options,
      options.context.profile.active || made.running.mayMask ? null : fields,
    ),
  };
}

/** What an Execute runs that no Bind of ours made, or that means something else than when it was bound. */
export function executeMember(
  definition: Definition,
  resultFormats: readonly number[],
  names: NameRegistry,
  options: PlanOptions,
) {
  const judged = judgeDefinition(definition, names, options.context);
  const made = makeMember(judged, 'extended', null, [], definition, options);
  return { member: made, portal: portalOf(definition, made, resultFormats, names, options, null) };
}

/** The text that stands for a name we do not know: it parses as nothing, so the policy treats it as not understood. */
export const unknownDefinition = (name: string): Definition => ({
  via: 'parse',
  text: Buffer.from(`EXECUTE ${sqlIdentifier(name)}`, 'utf8'),
  parameterTypes: [],
});

const portalOf = (
  definition: Definition,
  made: Member,
  resultFormats: readonly number[],
  names: NameRegistry,
  { context }: PlanOptions,
  fields: Portal['fields'],
): Portal => ({
  definition,
  judged: made.judged,
  running: made.running,
  resultFormats,
  nameChanges: names.changes,
  uncommitted: context.uncommitted.length,
  fields,
  plan: null,
});

/** Records a statement as it is judged, and makes the member that stands for it until it is sent or refused. */
export function makeMember(
  judged: Judged,
  protocol: 'simple' | 'extended' | 'function_call',
  message: BindMessage | null,
  parameters: readonly BoundValue[],
  told: Pick<Definition, 'text'> & Partial<Definition>,
  { context, settings, ...options }: PlanOptions,
): Member {
  const digest = statementDigest({
    protocol: told.via === undefined ? protocol : `${protocol} ${told.via}`,
    text: told.text,
    committed: judged.commitsGated ? context.uncommitted.map((one) => one.digest) : [],
    values: message?.values ?? [],
    formats: message?.parameterFormats ?? [],
    parameterTypes: told.parameterTypes ?? [],
    database: options.database,
    role: options.role,
    searchPath: options.searchPath,
    settings: settings.values(),
  });
  const repeatable =
    protocol !== 'function_call' &&
    (told.via ?? 'parse') === 'parse' &&
    !runsByName(judged.statements) &&
    !judged.effects.kinds.includes('transaction') && // what a COMMIT does was told before it
    options.settingsInFlight !== true &&
    !settings.unsettled &&
    !context.searchPathInFlight &&
    !context.readingInFlight;
  const running = options.record(judged, protocol, parameters, digest);
  const part = protocol === 'function_call' ? null : partOf(judged, context);
  return { judged, running, parameters, digest, repeatable, part, refusal: null };
}

/** What stands for a message that was too long to be taken: refused, with the digest of what came of it. */
export function oversizedMember(
  message: Oversized,
  protocol: 'simple' | 'extended' | 'function_call',
  options: PlanOptions,
): Member {
  const { judged, refusal } = judgeOversized(message);
  return {
    judged,
    running: options.record(judged, protocol, [], message.digest),
    parameters: [],
    digest: message.digest,
    repeatable: false,
    part: null,
    refusal,
  };
}
