import type { EffectsView } from '../../contract/index.ts';
import { type Effects, qualifiedName, takenFrom } from '../sql/effects.ts';

/** Of a text that is not understood. */
export const unknownEffects: EffectsView = {
  kinds: ['unknown'],
  reads: [],
  writes: [],
  functions: [],
  understood: false,
};

/** The effects of all statements of a text, as people and journals read them. */
export function effectsView(effects: readonly Effects[]): EffectsView {
  const names = (pick: (effect: Effects) => readonly { schema: string | null; name: string }[]): string[] => [
    ...new Set(effects.flatMap((effect) => pick(effect).map(qualifiedName))),
  ];
  const reads = names((effect) => takenFrom(effect.reads));
  const readsOfPolicies = names((effect) => effect.reads).filter((name) => !reads.includes(name));
  return {
    kinds: [...new Set(effects.flatMap((effect) => effect.kinds))],
    reads,
    writes: names((effect) => effect.writes),
    functions: names((effect) => effect.functions),
    understood: effects.every((effect) => effect.understood),
    ...(readsOfPolicies.length === 0 ? null : { readsOfPolicies }),
  };
}
