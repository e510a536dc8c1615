import { backend } from '../../wire/constants.ts';
import { type AnswerParts, unexpected } from './parts.ts';

/**
 * Answers to the messages of the extended protocol, and those that are all that a command says. `fencePassed`: a fence of
 * ours was answered.
 */
export function extendedAnswer(type: number, frame: Buffer, parts: AnswerParts, fencePassed: () => void): void {
  const { owed, portals, options, send } = parts;
  const { names } = options;
  const { head } = owed;
  switch (type) {
    case backend.parseComplete: {
      const parsed = owed.take('parse');
      names.setPrepared(parsed.name, parsed.definition);
      portals.forgetStatement(parsed.name);
      if (!parsed.hidden) send(frame);
      return;
    }
    case backend.bindComplete: {
      const bound = owed.take('bind');
      if (bound.portal !== null) {
        portals.set(bound.name, bound.portal);
        names.setCursor(bound.name, bound.portal.definition);
      }
      if (!bound.hidden) send(frame);
      return;
    }
    case backend.closeComplete: {
      if (head?.kind === 'fence') return fencePassed();
      const closed = owed.take('close');
      forget(closed.target, closed.name, parts);
      if (!closed.hidden) send(frame);
      closed.settled?.();
      return;
    }
    case backend.parameterDescription:
      if (head?.kind !== 'describe') throw unexpected(type);
      if (!head.hidden) send(frame);
      return;
    case backend.portalSuspended:
      owed.take('execute');
      return send(frame);
    case backend.emptyQueryResponse:
      if (head?.kind === 'execute') {
        owed.take('execute');
        head.portal.running.finish('ok');
      } else if (head?.kind !== 'query') throw unexpected(type);
      return send(frame);
    case backend.functionCallResponse:
      if (head?.kind !== 'function_call') throw unexpected(type);
      head.running.copyData(frame);
      return send(frame);
    default:
      throw unexpected(type);
  }
}

function forget(target: 'S' | 'P', name: string, { options: { names }, portals }: AnswerParts): void {
  if (target === 'S') return names.deletePrepared(name);
  names.deleteCursor(name);
  portals.end(name);
}
