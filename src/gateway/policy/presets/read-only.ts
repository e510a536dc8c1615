import type { PresetDefinition } from '../judge.ts';
import { definition, maintenance, procedural } from '../rules/definitions.ts';
import {
  floods,
  largeObject,
  listenNotify,
  reading,
  takesLock,
  twoPhase,
  unknownFunction,
  unusualSetting,
} from '../rules/reads.ts';
import { secretCatalog } from '../rules/secret-catalogs.ts';
import { anyWrite } from '../rules/writes.ts';
import { NEVER } from './common.ts';

/** Nothing is written, and nobody is asked about writes. */
export const readOnly: PresetDefinition = {
  preset: 'read-only',
  title: 'Read-only',
  description: 'Reads pass. Whatever writes, or might, is blocked; only reads that are unusual are held for you.',
  functionCall: 'block',
  notUnderstood: 'block',
  rules: [
    ...NEVER,
    ['block', definition],
    ['block', maintenance],
    ['block', procedural],
    ['block', anyWrite],
    ['block', largeObject],
    ['block', listenNotify],
    ['block', takesLock],
    ['block', twoPhase],
    ['ask', unknownFunction],
    ['ask', secretCatalog],
    ['ask', unusualSetting],
    ['ask', floods],
    ['allow', reading],
  ],
  otherwise: 'block',
};
