import { frontend } from '../wire/constants.ts';
import { decodeBind, decodeExecute, decodeTarget } from '../wire/decode-frontend.ts';
import * as encode from '../wire/encode-frontend.ts';
import { changedHere } from './catalog-reliance.ts';
import { movesTransaction, uncommittedOf } from './commit-gate.ts';
import { runsByName } from './judge.ts';
import { NameRegistry } from './names.ts';
import { Oversized } from './oversized.ts';
import type { Portal } from './owed.ts';
import { asksForPolicy, policyAnswer } from './own-policy.ts';
import {
  bindMember,
  definitionOf,
  executeMember,
  oversizedMember,
  type PlanOptions,
  unknownDefinition,
} from './plan-member.ts';
import { behindCopy, tooManyPortals } from './refusal.ts';
import type { JudgedMessage } from './segment.ts';
import { SegmentPortals } from './segment-portals.ts';
import type { Member, Step, UnitPlan } from './unit-plan.ts';

/**
 * Judges what a segment would run, message by message: each with what those before it in the segment may have changed by
 * then. Throws ProtocolError on a message that the server would not take either.
 */
export function planSegment(frames: readonly JudgedMessage[], end: 'sync' | 'flush', session: PlanOptions): UnitPlan {
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
        if (portal === null || isOutdated(portal, names, options) || (made === null && isCopyToMask(portal))) {
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

/** The columns of a copy that is to be masked are told just before it runs, as part of the segment that runs it. */
const isCopyToMask = ({ running }: Portal): boolean => running.copyToMask !== null;

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
