import type { PresetDefinition } from '../judge.ts';
import { definition, maintenance, procedural, truncate } from '../rules/definitions.ts';
import {
  largeObject,
  listenNotify,
  reading,
  takesLock,
  twoPhase,
  unknownFunction,
  unusualSetting,
} from '../rules/reads.ts';
import { secretCatalog } from '../rules/secret-catalogs.ts';
import {
  copiesColumn,
  copyIn,
  credentialColumn,
  deleteWithoutKey,
  merge,
  scopedWrite,
  updateWithoutKey,
  writeFromQuery,
} from '../rules/writes.ts';
import { NEVER } from './common.ts';

/** For databases that may be broken but should not be broken unseen: INSERT, and UPDATE and DELETE by key, pass. */
export const staging: PresetDefinition = {
  preset: 'staging',
  title: 'Staging',
  description:
    'Reads, INSERT, and UPDATE or DELETE by key pass. Anything wider is held for you. Privileges, server files and programs are blocked.',
  functionCall: 'block',
  notUnderstood: 'ask',
  rules: [
    ...NEVER,
    ['ask', truncate],
    ['ask', definition],
    ['ask', maintenance],
    ['ask', procedural],
    ['ask', merge],
    ['ask', deleteWithoutKey],
    ['ask', updateWithoutKey],
    ['ask', copyIn],
    ['ask', writeFromQuery],
    ['ask', credentialColumn],
    ['ask', copiesColumn],
    ['ask', largeObject],
    ['ask', listenNotify],
    ['ask', unknownFunction],
    ['ask', secretCatalog],
    ['ask', takesLock],
    ['ask', twoPhase],
    ['ask', unusualSetting],
    ['allow', scopedWrite],
    ['allow', reading],
  ],
  otherwise: 'ask',
};
