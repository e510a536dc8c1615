import { DeskError, type Handlers, type SealView } from '../../contract/index.ts';

export type SealCalls = Extract<keyof Handlers, `seal.${string}`>;

/** The keeper of a seal as desks use it; `keeper.ts` is the real one. */
export interface DeskSeal {
  view(): SealView;
  unlock(passphrase: string): Promise<SealView>;
  accept(found: string, passphrase: string | null): Promise<SealView>;
  restore(found: string): SealView;
  change(current: string | null, next: string | null): Promise<SealView>;
  /** What the operator should know of the seal while the gate is open. */
  problems(): { readonly code: string; readonly message: string; readonly hint: string | null }[];
}

export interface SealHandlerPorts {
  readonly seal: DeskSeal;
  /** Called after everything that may have changed how the seal stands. */
  readonly changed: () => void;
  /** The operator wants Postern to end. */
  readonly quit: () => void;
}

/** The calls about the seal, one at a time: two decisions at once must not both be the one that opens. */
export function sealHandlers({ seal, changed, quit }: SealHandlerPorts): Pick<Handlers, SealCalls> {
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = (work: () => SealView | Promise<SealView>): Promise<SealView> => {
    const mine = last.then(work, work);
    last = mine.catch(() => undefined); // its own caller hears of it
    return mine.finally(changed);
  };
  return {
    'seal.state': async () => seal.view(),
    'seal.unlock': ({ passphrase }) => inTurn(() => seal.unlock(passphrase)),
    'seal.accept': ({ found, passphrase }) => inTurn(() => seal.accept(found, passphrase)),
    'seal.restore': ({ found }) => inTurn(() => seal.restore(found)),
    'seal.change': ({ current, next }) => inTurn(() => seal.change(current, next)),
    'seal.quit': async () => {
      const { phase } = seal.view();
      if (phase === 'open' || phase === 'opening') {
        throw new DeskError('gate_open', 'The gate is open by now.', 'Close it where it was started.');
      }
      quit();
      return {};
    },
  };
}
