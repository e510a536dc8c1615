import type { Problem } from '../../contract/index.ts';

/** What the operator should know of a seal while the gate runs. `needed`: there is something to lose without one. */
export function sealProblems(facts: {
  readonly sealed: boolean;
  readonly needed: boolean;
  readonly edited: readonly string[];
  readonly journalFault: string | null;
  readonly sealFault: string | null;
}): Problem[] {
  const { sealed, needed, edited, journalFault, sealFault } = facts;
  return [
    ...(sealed || !needed
      ? []
      : [
          {
            code: 'settings_unsealed',
            message: 'Settings are not sealed: any program of this user can change them while Postern is not running.',
            hint: 'Seal them under Settings. Until then every start asks whether they are right.',
          },
        ]),
    ...(edited.length === 0
      ? []
      : [
          {
            code: 'settings_edited',
            message: `Another program changed ${edited.join(' and ')} while Postern runs. What holds is what was there before.`,
            hint: sealed
              ? 'The next save overwrites the change; if there is none, the next start shows it and asks.'
              : 'The next save overwrites the change; if there is none, the next start takes it over, because nothing is sealed.',
          },
        ]),
    ...(sealFault === null
      ? []
      : [
          {
            code: 'seal_lost',
            message: `Another program changed the seal, and it cannot be put back: ${sealFault}`,
            hint: 'Check the data folder. The next start will ask about everything.',
          },
        ]),
    ...(journalFault === null
      ? []
      : [
          {
            code: 'seal_journal',
            message: `A change of the seal could not be recorded: ${journalFault}`,
            hint: 'Check the journal folder.',
          },
        ]),
  ];
}
