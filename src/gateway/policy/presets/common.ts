import type { Verdict } from '../../../contract/index.ts';
import type { Rule } from '../rule.ts';
import {
  checkpoint,
  dangerousFunction,
  privileges,
  restrictedSetting,
  serverFile,
  serverObject,
  serverProgram,
  systemCatalogWrite,
} from '../rules/server.ts';

/** What every preset but `observe` blocks: whatever leaves the database, or decides who may do what. */
export const NEVER: readonly (readonly [Verdict, Rule])[] = [
  ['block', serverProgram],
  ['block', serverFile],
  ['block', privileges],
  ['block', serverObject],
  ['block', checkpoint],
  ['block', dangerousFunction],
  ['block', restrictedSetting],
  ['block', systemCatalogWrite],
];
