import type { ApprovalRequest, Client } from '../../contract/index.ts';

/** The scripted operator of the demo: it hears of holds over the contract and answers them, as the desk would. */
export interface ScriptedOperator {
  /** Everything it decided, in order. */
  readonly decided: readonly ApprovalRequest[];
  /** Rejects when a decision could not be made. */
  readonly failed: Promise<never>;
  stop(): void;
}

/** Approves statements on the products table and denies everything else. `seen` is told before each decision. */
export function startOperator(
  desk: Client,
  seen: (request: ApprovalRequest, action: 'approve' | 'deny') => void,
): ScriptedOperator {
  const decided: ApprovalRequest[] = [];
  const taken = new Set<string>();
  let fail: (error: unknown) => void = () => undefined;
  const failed = new Promise<never>((_resolve, reject) => {
    fail = reject;
  });
  const stop = desk.on('approval.changed', (request) => {
    if (request.state !== 'pending' || taken.has(request.id)) return;
    taken.add(request.id);
    const action = request.effects.writes.every((table) => table === 'public.products') ? 'approve' : 'deny';
    seen(request, action);
    const reason = action === 'approve' ? 'one piece was found broken in the warehouse' : 'not in this demo';
    desk
      .call('approvals.decide', { id: request.id, digest: request.digest, action, reason })
      .then((result) => decided.push(result), fail);
  });
  return { decided, failed, stop };
}
