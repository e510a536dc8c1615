import type { BoundValue } from '../../contract/index.ts';
import { statementDigest } from '../approval/digest.ts';
import type { SequencePart } from '../approval/sequence-part.ts';
import { frontend } from '../wire/constants.ts';
import {
  type BindMessage,
  decodeBind,
  decodeExecute,
  decodeFunctionCall,
  decodeParse,
  decodeQuery,
  decodeTarget,
} from '../wire/decode-frontend.ts';
import type { ErrorText } from '../wire/encode-backend.ts';
import * as encode from '../wire/encode-frontend.ts';
import { sqlIdentifier } from '../wire/quote.ts';
import type { Answers } from './answers.ts';
import { boundValues } from './bound-values.ts';
import { changedHere } from './catalog-reliance.ts';
import { movesTransaction, uncommittedOf } from './commit-gate.ts';
import type { Definition } from './definition.ts';
import { judge, judgeDefinition, judgeFunctionCall, runsByName } from './judge.ts';
import type { JudgeContext, Judged } from './judged.ts';
import { refusalRule } from './mask-verdict.ts';
import { NameRegistry } from './names.ts';
import { judgeOversized, Oversized } from './oversized.ts';
import type { Portal } from './owed.ts';
import { asksForPolicy, asPolicyQuestion, policyAnswer } from './own-policy.ts';
import { whyUnreadable } from './reading.ts';
import { behindCopy, tooManyPortals } from './refusal.ts';
import type { RunningStatement } from './running-statement.ts';
import type { JudgedMessage, Unit } from './segment.ts';
import { SegmentPortals } from './segment-portals.ts';
import { partOf } from './sequence-step.ts';
import type { SettingsMark } from './settings-mark.ts';

/** One statement that a unit would run, judged and recorded, before anything of it is sent. */
export interface Member {
  readonly judged: Judged;
  readonly running: RunningStatement;
  readonly parameters: readonly BoundValue[];
  readonly digest: string;
  /** Whether the same statement in another session does the same: it rests on nothing that only this session knows. */
  readonly repeatable: boolean;
  /** What it would be as a step of a sequence; null where it stands alone, or does not ask. */
  readonly part: SequencePart | null;
  /** Set when it must not run: the error that the client gets instead. */
  refusal: ErrorText | null;
}

/** One message of a segment, with what it means to us. */
export type Step =
  | { readonly kind: 'parse'; readonly frame: Buffer; readonly name: string; readonly definition: Definition }
  | {
      readonly kind: 'bind';
      readonly frame: Buffer;
      readonly name: string;
      readonly portal: Portal;
      readonly member: Member;
    }
  | {
      readonly kind: 'describe';
      readonly frame: Buffer;
      readonly target: 'S' | 'P';
      readonly name: string;
      readonly portal: Portal | null;
    }
  | {
      readonly kind: 'execute';
      readonly frame: Buffer;
      readonly portalName: string;
      readonly portal: Portal;
      readonly member: Member | null;
    }
  | { readonly kind: 'close'; readonly frame: Buffer; readonly target: 'S' | 'P'; readonly name: string }
  /** A message that was too long to be taken: refused, and nothing behind it is looked at. */
  | { readonly kind: 'oversized'; readonly member: Member };

export type UnitPlan =
  | {
      readonly kind: 'segment';
      readonly steps: readonly Step[];
      readonly end: 'sync' | 'flush';
      readonly members: readonly Member[];
      /** It executes something that may change how the server reads the texts behind it. */
      readonly mayChangeReading: boolean;
    }
  | { readonly kind: 'query' | 'function_call'; readonly frame: Buffer; readonly members: readonly [Member] }
  | { readonly kind: 'oversized'; readonly members: readonly [Member] };

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

/** Understands and judges everything in a unit. Throws ProtocolError on a message that the server would not take either. */
export function planUnit(unit: Unit, options: PlanOptions): UnitPlan {
  switch (unit.kind) {
    case 'query': {
      if (unit.frame instanceof Oversized) return oversizedPlan(unit.frame, 'simple', options);
      const text = decodeQuery(unit.frame);
      const judged = judge(text, 'simple', options.names, options.context);
      const asks = asksForPolicy(text, options.context);
      const known = asks ? asPolicyQuestion(judged) : judged;
      const frame = asks ? encode.query(policyAnswer(options.context)) : unit.frame;
      return { kind: 'query', frame, members: [member(known, 'simple', null, [], { text }, options)] };
    }
    case 'function_call': {
      if (unit.frame instanceof Oversized) return oversizedPlan(unit.frame, 'function_call', options);
      const judged = judgeFunctionCall(decodeFunctionCall(unit.frame).functionOid, options.context);
      return {
        kind: 'function_call',
        frame: unit.frame,
        members: [member(judged, 'function_call', null, [], { text: unit.frame }, options)],
      };
    }
    case 'segment':
      return planSegment(unit.frames, unit.end, options);
  }
}

function planSegment(frames: readonly JudgedMessage[], end: 'sync' | 'flush', session: PlanOptions): UnitPlan {
  let options = session;
  let mayChangeReading = false;
  // Within a segment a name means what the segment says: if any earlier member fails, the server skips the rest anyway.
  const names = NameRegistry.overlay(options.names);
  const portals = new SegmentPortals((name) => options.answers.portal(name));
  const bound = new Map<Portal, Member>();
  const steps: Step[] = [];
  const members: Member[] = [];

  for (const frame of frames) {
    if (frame instanceof Oversized) {
      const member = oversizedMember(frame, 'extended', options);
      steps.push({ kind: 'oversized', member });
      members.push(member);
      break;
    }
    switch (frame[0]) {
      case frontend.parse: {
        const message = definitionOf(frame, options.context);
        names.setPrepared(message.name, message.definition);
        const asks = asksForPolicy(message.definition.text, options.context);
        const told = asks ? encode.parse(message.name, policyAnswer(options.context)) : frame;
        steps.push({ kind: 'parse', frame: told, ...message });
        break;
      }
      case frontend.bind: {
        const message = decodeBind(frame);
        const definition = names.prepared(message.statement);
        const made = bindMember(message, definition, names, options);
        if (message.portal !== '' && options.answers.portalsFull) made.member.refusal ??= tooManyPortals;
        members.push(made.member);
        options = behind(made.member, options);
        portals.bind(message.portal, made.portal);
        bound.set(made.portal, made.member);
        options = withUncommitted(options, made.member);
        steps.push({ kind: 'bind', frame, name: message.portal, ...made });
        break;
      }
      case frontend.describe: {
        const { kind, name } = decodeTarget(frame);
        steps.push({ kind: 'describe', frame, target: kind, name, portal: kind === 'P' ? portals.named(name) : null });
        break;
      }
      case frontend.execute: {
        const { portal: name } = decodeExecute(frame);
        let portal = portals.named(name);
        let made: Member | null = portal === null ? null : (bound.get(portal) ?? null);
        // A portal that no Bind made: a cursor of DECLARE, or a name that only the server knows. Or one that runs what a
        // name stands for, and names have changed since it was judged.
        if (portal === null || isOutdated(portal, names, options)) {
          const definition = portal?.definition ?? names.cursor(name) ?? unknownDefinition(name);
          const anew = executeMember(definition, portal?.resultFormats ?? [], names, options);
          portal = anew.portal;
          made = anew.member;
          members.push(made);
          options = withUncommitted(options, made);
          options = behind(made, options);
        }
        for (const statement of portal.judged.statements) {
          names.acknowledge(statement);
          portals.acknowledge(statement);
        }
        steps.push({ kind: 'execute', frame, portalName: name, portal, member: made });
        mayChangeReading ||= portal.judged.mayChangeReading;
        if (portal.judged.mayChangeReading || portal.judged.movesNames || portal.judged.changesCatalog) {
          const { context } = options;
          const readingInFlight = context.readingInFlight || portal.judged.mayChangeReading;
          const searchPathInFlight = context.searchPathInFlight || portal.judged.movesNames;
          const catalogDoubt = portal.judged.changesCatalog ? changedHere : context.catalogDoubt;
          options = { ...options, context: { ...context, readingInFlight, searchPathInFlight, catalogDoubt } };
        }
        break;
      }
      case frontend.close: {
        const { kind, name } = decodeTarget(frame);
        if (kind === 'S') names.deletePrepared(name);
        else portals.close(name);
        steps.push({ kind: 'close', frame, target: kind, name });
        break;
      }
    }
  }
  return { kind: 'segment', steps, end, members, mayChangeReading };
}

/** Whether a portal means something else than when it was judged: by a name that changed, or as a COMMIT of more than then. */
const isOutdated = (portal: Portal, names: NameRegistry, { context }: PlanOptions): boolean =>
  (runsByName(portal.judged.statements) && portal.nameChanges !== names.changes) ||
  (portal.judged.commits && portal.uncommitted !== context.uncommitted.length);

/** A COMMIT further on in the segment is judged with what runs before it. */
function withUncommitted(options: PlanOptions, { judged, digest }: Member): PlanOptions {
  const moves = movesTransaction(judged.effects);
  if (!judged.awaitsCommit && !moves) return options;
  const { context } = options;
  const uncommitted = judged.awaitsCommit
    ? [...context.uncommitted, uncommittedOf(judged, digest)]
    : context.uncommitted;
  return { ...options, context: { ...context, uncommitted, transactionMoved: context.transactionMoved || moves } };
}

/** What a statement may have changed for those behind it in the segment. Refuses it itself where one before it copies. */
function behind(member: Member, options: PlanOptions): PlanOptions {
  const { judged } = member;
  if (options.copiesInFlight === true) member.refusal ??= behindCopy;
  return {
    ...options,
    settingsInFlight: judged.changesSettings || options.settingsInFlight === true,
    copiesInFlight: (judged.masking?.copies.length ?? 0) > 0 || options.copiesInFlight === true,
  };
}

/** The judgement of a statement now that its values are known: one of them may be what a mask showed. */
function withValues(judged: Judged, parameters: readonly BoundValue[]): Judged {
  if (judged.masking === null || judged.verdict === 'block' || judged.verdict === 'terminate') return judged;
  const refusal = judged.masking.refuseValues(parameters.flatMap(({ text }) => (text === null ? [] : [text])));
  return refusal === null ? judged : { ...judged, verdict: 'block', rule: refusalRule(refusal), awaitsCommit: false };
}

/** Names must be UTF-8 to be told apart; the text is judged as bytes. */
function definitionOf(frame: Buffer, context: JudgeContext): { name: string; definition: Definition } {
  const { name, text, parameterTypes } = decodeParse(frame);
  const unreadable = whyUnreadable(text, context);
  return { name, definition: { via: 'parse', text, parameterTypes, ...(unreadable === null ? {} : { unreadable }) } };
}

function bindMember(message: BindMessage, known: Definition | undefined, names: NameRegistry, options: PlanOptions) {
  const definition = known ?? unknownDefinition(message.statement);
  const byText = judgeDefinition(definition, names, options.context);
  const parameters = boundValues(message, definition.parameterTypes);
  const asks = definition.via === 'parse' && asksForPolicy(definition.text, options.context);
  const judged = asks ? asPolicyQuestion(byText) : withValues(byText, parameters);
  const made = member(judged, 'extended', message, parameters, definition, options);
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

function executeMember(
  definition: Definition,
  resultFormats: readonly number[],
  names: NameRegistry,
  options: PlanOptions,
) {
  const judged = judgeDefinition(definition, names, options.context);
  const made = member(judged, 'extended', null, [], definition, options);
  return { member: made, portal: portalOf(definition, made, resultFormats, names, options, null) };
}

/** The text that stands for a name we do not know: it parses as nothing, so the policy treats it as not understood. */
const unknownDefinition = (name: string): Definition => ({
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

function member(
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

function oversizedPlan(message: Oversized, protocol: 'simple' | 'function_call', options: PlanOptions): UnitPlan {
  return { kind: 'oversized', members: [oversizedMember(message, protocol, options)] };
}

function oversizedMember(
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
