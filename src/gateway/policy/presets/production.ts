import type { PresetDefinition } from '../judge.ts';
import { definition, destroysData, maintenance, procedural, truncate } from '../rules/definitions.ts';
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
import {
  confirmedWrite,
  copiesColumn,
  copyIn,
  credentialColumn,
  deleteWithoutKey,
  largeInsert,
  merge,
  scopedWriteElsewhere,
  unboundedInsert,
  updateWithoutKey,
  writeFromQuery,
} from '../rules/writes.ts';
import { NEVER } from './common.ts';

/** Right for production on the first day: reads pass, every write is asked about, what leaves the database is blocked. */
export const production: PresetDefinition = {
  preset: 'production',
  title: 'Production',
  description:
    'Reads pass. Writes are held for you; outside production small ones by key pass. Dropping production tables, privileges, server files and programs are blocked.',
  functionCall: 'block',
  notUnderstood: 'ask',
  rules: [
    ...NEVER,
    ['block', destroysData],
    ['ask', truncate],
    ['ask', definition],
    ['ask', maintenance],
    ['ask', procedural],
    ['ask', merge],
    ['ask', deleteWithoutKey],
    ['ask', updateWithoutKey],
    ['ask', copyIn],
    ['ask', writeFromQuery],
    ['ask', unboundedInsert],
    ['ask', largeInsert],
    ['ask', credentialColumn],
    ['ask', copiesColumn],
    ['ask', largeObject],
    ['ask', listenNotify],
    ['ask', unknownFunction],
    ['ask', secretCatalog],
    ['ask', takesLock],
    ['ask', twoPhase],
    ['ask', unusualSetting],
    ['ask', floods],
    ['allow', scopedWriteElsewhere],
    ['ask', confirmedWrite],
    ['allow', reading],
  ],
  otherwise: 'ask',
};
