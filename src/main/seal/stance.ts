import { assertNever, type SealDoubt, type SealView } from '../../contract/index.ts';
import type { Found, SealPlace } from './place.ts';
import type { SealBody } from './seal-file.ts';
import { sealView } from './seal-view.ts';
import type { SealedState } from './sealed-state.ts';
import type { Keychain, SealingKey, WrappedKey } from './sealing-key.ts';

/** Where a keeper stands. Only an open one is to be believed. */
export type Stance =
  | { readonly phase: 'open'; readonly state: SealedState }
  | { readonly phase: 'locked'; readonly wrapped: WrappedKey }
  | {
      readonly phase: 'doubted';
      readonly doubt: SealDoubt;
      readonly wrapped: WrappedKey | null;
      readonly key: SealingKey | null;
      readonly body: SealBody | null;
    };

/** A stance as the operator sees it. */
export function viewOf(
  stance: Stance,
  around: {
    readonly found: Found;
    readonly place: SealPlace;
    readonly options: { readonly keychain: Keychain | { readonly missing: string }; readonly managed: boolean };
  },
): SealView {
  const { phase } = stance;
  const facts = { ...around, edited: [], doubt: null, body: null };
  switch (phase) {
    case 'open': {
      const { state } = stance;
      return sealView({
        ...facts,
        phase,
        edited: state.look(),
        body: state.body,
        wrapped: state.held?.wrapped ?? null,
      });
    }
    case 'locked':
      return sealView({ ...facts, phase, wrapped: stance.wrapped });
    case 'doubted': {
      const { doubt, body, wrapped } = stance;
      return sealView({ ...facts, phase, doubt, body, wrapped });
    }
    default:
      return assertNever(phase);
  }
}
