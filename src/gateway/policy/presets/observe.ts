import type { PresetDefinition } from '../judge.ts';

/** Allows everything and records it: to see what an agent does before rules are switched on. Masking still applies. */
export const observe: PresetDefinition = {
  preset: 'observe',
  title: 'Observe',
  description: 'Everything passes and is recorded, even what is not understood. Mask rules still apply.',
  functionCall: 'allow',
  notUnderstood: 'allow',
  rules: [
    [
      'allow',
      {
        id: 'observe',
        title: 'Observed only',
        description: 'Nothing is held or refused under this preset.',
        hint: null,
        applies: () => 'Nothing is held or refused under this preset.',
      },
    ],
  ],
  otherwise: 'allow',
};
