import { DeskError, type Emit, type Port, type SealView, serve } from '../../contract/index.ts';
import { type DeskSeal, sealHandlers } from '../desk/seal.ts';

/** The desk of a gate that is closed until its seal is decided about: it answers the `seal` calls and nothing else. */
export interface SealDesk {
  attach(port: Port): void;
  /** Resolves when what is sealed is known and may be believed; rejects with DeskError `seal_quit`. */
  readonly settled: Promise<void>;
  /** Ends it: the window was closed, a signal came. */
  quit(): void;
}

export function createSealDesk(seal: DeskSeal): SealDesk {
  const desks = new Set<Emit>();
  let settle: () => void = () => undefined;
  let refuse: (error: Error) => void = () => undefined;
  const settled = new Promise<void>((resolve, reject) => {
    settle = resolve;
    refuse = reject;
  });
  settled.catch(() => undefined); // it may be refused before anybody waits
  const quit = (): void =>
    refuse(
      new DeskError(
        'seal_quit',
        'Nothing was decided about the seal.',
        'Nothing was opened and everything was left as it is.',
      ),
    );
  const changed = (): void => {
    if (seal.view().phase === 'open') settle();
    for (const emit of [...desks]) emit('seal.changed', {});
  };
  const handlers = sealHandlers({ seal: opening(seal), changed, quit });
  return {
    attach(port) {
      const emit = serve(port, handlers);
      desks.add(emit);
      port.onClose(() => desks.delete(emit));
    },
    settled,
    quit,
  };
}

/** Here the gate is not open yet when the seal is: the page is to wait for the desk that takes this one's place. */
function opening(seal: DeskSeal): DeskSeal {
  const asOpening = (view: SealView): SealView => (view.phase === 'open' ? { ...view, phase: 'opening' } : view);
  return {
    view: () => asOpening(seal.view()),
    unlock: (passphrase) => seal.unlock(passphrase).then(asOpening),
    accept: (found, passphrase) => seal.accept(found, passphrase).then(asOpening),
    restore: (found) => asOpening(seal.restore(found)),
    change: (current, next) => seal.change(current, next).then(asOpening),
    problems: () => [],
  };
}
