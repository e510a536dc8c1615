import { type Emit, type Handlers, openForRetry, openSequence, type Port, serve } from '../../contract/index.ts';
import { tlsMode } from '../../gateway/door/host.ts';
import { agentAddresses } from './addresses.ts';
import { agentHandlers } from './agents.ts';
import { connectionHandlers } from './connections.ts';
import { copyHandlers } from './copies.ts';
import { createEditor } from './editor.ts';
import { withDeskErrors } from './errors.ts';
import { findingHandlers, followFindings } from './findings.ts';
import { gateHandlers } from './gate.ts';
import { identityHandlers } from './identity.ts';
import { maskReviewHandlers } from './mask-review.ts';
import { policyHandlers } from './policy.ts';
import type { DeskPorts } from './ports.ts';
import { renamedHandlers } from './renamed.ts';
import { ruleHandlers } from './rules.ts';
import { sealHandlers } from './seal.ts';
import { sessionHandlers } from './sessions.ts';

/** The operator's service, the same in both hosts: every call of the contract, and its events to all open desks. */
export interface Desk {
  readonly handlers: Handlers;
  /** Serves one desk (a window, a console tab) until its port closes. */
  attach(port: Port): void;
  /** Tells all open desks that the problems or the seal may be others now. */
  changed(): void;
  /** Stops forwarding events of the gate. */
  close(): void;
}

/** Builds a desk over a started gateway. */
export function createDesk(ports: DeskPorts): Desk {
  const { gateway } = ports;
  const desks = new Set<Emit>();
  const emit: Emit = (name, payload) => {
    // Copied: a port that fails to send may close and leave the set while we walk it.
    for (const send of [...desks]) send(name, payload);
  };
  const stopForwarding = [
    gateway.on('approval.changed', (request) => emit('approval.changed', request)),
    gateway.on('session.changed', (summary) => emit('session.changed', summary)),
    gateway.on('statement.changed', (change) => emit('statement.changed', change)),
    gateway.on('overview.changed', () => emit('overview.changed', {})),
    ports.signIns.onChange(() => emit('identity.changed', {})),
    ports.tokenRequests.onChange(() => emit('identity.changed', {})),
    gateway.on('gate.changed', () => emit('gate.changed', {})),
    followFindings(gateway, emit),
  ];
  const changed = (): void => {
    emit('overview.changed', {});
    emit('seal.changed', {});
  };
  const editor = createEditor(ports);
  const handlers: Handlers = {
    'desk.overview': async () => {
      const { connections, agents } = editor.current();
      return {
        version: ports.version,
        host: ports.host,
        demo: ports.demo,
        managedBy: ports.settings.managedBy,
        listeners: ports.listeners.map((listener) => ({
          host: listener.host,
          port: listener.port,
          tls: tlsMode(listener),
        })),
        addresses: agentAddresses(connections, agents, ports, ports.knownKeys),
        journalFolder: ports.journalFolder,
        approvalDeadlineMs: ports.approvalDeadlineMs,
        problems: [...ports.seal.problems(), ...gateway.problems()].map((problem) => ({ ...problem })),
      };
    },
    'approvals.list': async () => {
      const { decided, ...open } = gateway.approvals.list();
      return { ...open, decided: decided.filter((request) => !openForRetry(request) && !openSequence(request)) };
    },
    'approvals.decide': (decision) =>
      withDeskErrors(() => gateway.approvals.decide({ ...decision, by: ports.operator, via: ports.host })),
    'approvals.withdrawTicket': ({ id }) =>
      withDeskErrors(() => gateway.approvals.withdrawTicket({ id, by: ports.operator, via: ports.host })),
    'approvals.endSequence': ({ id }) =>
      withDeskErrors(() => gateway.approvals.endSequence({ id, by: ports.operator, via: ports.host })),
    ...sessionHandlers(ports),
    ...gateHandlers(ports),
    ...connectionHandlers(ports, editor, emit),
    ...agentHandlers(ports, editor, emit),
    ...identityHandlers(ports, editor, emit),
    ...ruleHandlers(ports, editor, emit),
    ...maskReviewHandlers(ports, editor),
    ...copyHandlers(ports, editor, emit),
    ...renamedHandlers(ports, editor, emit),
    ...findingHandlers(ports, editor, emit),
    ...policyHandlers(ports, editor, emit),
    ...sealHandlers({ seal: ports.seal, changed, quit: () => undefined }),
  };
  return {
    handlers,
    attach(port) {
      const send = serve(port, handlers);
      desks.add(send);
      port.onClose(() => desks.delete(send));
    },
    changed,
    close() {
      for (const stop of stopForwarding) stop();
      desks.clear();
    },
  };
}
