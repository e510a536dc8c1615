import type { ConditionId } from '../../contract/index.ts';
import type { Rule } from './rule.ts';
import { definition, destroysData, maintenance, procedural, truncate } from './rules/definitions.ts';
import {
  largeObject,
  listenNotify,
  partNotUnderstood,
  reading,
  takesLock,
  twoPhase,
  unknownFunction,
  unusualSetting,
} from './rules/reads.ts';
import { secretCatalog } from './rules/secret-catalogs.ts';
import {
  checkpoint,
  dangerousFunction,
  privileges,
  restrictedSetting,
  serverFile,
  serverObject,
  serverProgram,
  systemCatalogWrite,
} from './rules/server.ts';
import {
  anyWrite,
  copiesColumn,
  copyIn,
  credentialColumn,
  deleteWithoutKey,
  largeInsert,
  merge,
  scopedWrite,
  unboundedInsert,
  updateWithoutKey,
  writeFromQuery,
} from './rules/writes.ts';

/** What the gate recognises in a statement, by the id under which own rules name it. */
export const conditions: Readonly<Record<ConditionId, Rule>> = {
  checkpoint,
  'copies-column': copiesColumn,
  'copy-file': serverFile,
  'copy-in': copyIn,
  'copy-program': serverProgram,
  'credential-column': credentialColumn,
  'dangerous-function': dangerousFunction,
  ddl: definition,
  'delete-without-key': deleteWithoutKey,
  'destroys-data': destroysData,
  'large-insert': largeInsert,
  'large-object': largeObject,
  'listen-notify': listenNotify,
  lock: takesLock,
  maintenance,
  merge,
  'not-understood': partNotUnderstood,
  privileges,
  'procedural-code': procedural,
  read: reading,
  'restricted-setting': restrictedSetting,
  'scoped-write': scopedWrite,
  'secret-catalog': secretCatalog,
  'server-object': serverObject,
  'system-catalog-write': systemCatalogWrite,
  truncate,
  'two-phase-commit': twoPhase,
  'unbounded-insert': unboundedInsert,
  'unknown-function': unknownFunction,
  'unusual-setting': unusualSetting,
  'update-without-key': updateWithoutKey,
  write: anyWrite,
  'write-from-query': writeFromQuery,
};

/**
 * What a rule that allows does not excuse unless it names it in `conditions`: whoever writes "allow writes to scratch.*"
 * did not mean a function inside that ends other people's sessions.
 */
export const neverImplied: readonly ConditionId[] = [
  'not-understood',
  'checkpoint',
  'copy-file',
  'copy-program',
  'dangerous-function',
  'large-object',
  'listen-notify',
  'privileges',
  'procedural-code',
  'restricted-setting',
  'secret-catalog',
  'server-object',
  'system-catalog-write',
  'two-phase-commit',
  'unknown-function',
  'unusual-setting',
  'write-from-query',
];
