import type { EffectsView } from '../../contract/index.ts';
import { type Effects, isQuiet } from '../sql/effects.ts';
import type { JudgeContext, Judged } from './judged.ts';
import { changesUnreported } from './settings-mark.ts';

const harmlessKinds = new Set(['read', 'session', 'transaction', 'cursor', 'prepare', 'execute', 'explain', 'listen']);
/** Settings that decide what the server reads in a text; `*`: any. */
const readingSettings = new Set(['standard_conforming_strings', 'client_encoding', '*']);
const transactionEnds = /^(?:COMMIT|ROLLBACK|PREPARE)\b/;

type Consequences = Pick<
  Judged,
  'changes' | 'changesCatalog' | 'makes' | 'changesSettings' | 'mayChangeSearchPath' | 'mayChangeReading' | 'movesNames'
>;

/** What a statement may change of the things that the judgement of later ones rests on. */
export function consequencesOf(view: EffectsView, effects: readonly Effects[], context: JudgeContext): Consequences {
  return {
    changes: view.kinds.some((kind) => !harmlessKinds.has(kind)),
    changesCatalog: effects.length === 0 ? view.kinds.includes('unknown') : effects.some(changesCatalog),
    makes: effects.every((effect) => !changesCatalog(effect) || onlyMakes(effect))
      ? effects.filter(changesCatalog).flatMap((effect) => effect.writes.map(({ name }) => name))
      : null,
    changesSettings:
      view.kinds.some((kind) => kind === 'procedural' || kind === 'unknown') ||
      effects.some((effect) => changesUnreported(effect.settings, effect.functions.some(mayActUnseen))),
    mayChangeSearchPath:
      view.kinds.some((kind) => kind === 'ddl' || kind === 'procedural' || kind === 'unknown') ||
      effects.some(
        (effect) =>
          effect.settings.length > 0 ||
          effect.functions.some((called) => !called.harmless && called.ofExtension !== true),
      ),
    mayChangeReading:
      view.kinds.some((kind) => kind === 'ddl' || kind === 'procedural' || kind === 'unknown') ||
      effects.some((effect) => changesReading(effect, context)),
    movesNames: view.kinds.includes('unknown') || effects.some((effect) => movesNames(effect, context)),
  };
}

/** A function that may do anything, settings included; those that set_config names are among the statement's settings. */
const mayActUnseen = (called: Effects['functions'][number]): boolean =>
  !isQuiet(called) && called.name !== 'set_config';

/** Definitions, and code that may hold some: user functions that are not proven to read, and functions that run SQL given as text. */
const changesCatalog = ({ kinds, functions }: Effects): boolean =>
  kinds.some((kind) => kind === 'ddl' || kind === 'dcl' || kind === 'procedural' || kind === 'unknown') ||
  functions.some(
    (called) =>
      !isQuiet(called) &&
      called.appendsOnly !== true &&
      ((called.schema !== null && called.schema !== 'pg_catalog') || /_to_xml/.test(called.name)),
  );

const MAKING = new Set(['CREATE TABLE', 'CREATE INDEX', 'CREATE SEQUENCE', 'SELECT INTO']);

const onlyMakes = ({ kinds, command, functions }: Effects): boolean =>
  MAKING.has(command ?? '') && !kinds.includes('unknown') && functions.every(isQuiet);

/** Whether unqualified names may mean something else behind this statement. */
export const movesNames = (effect: Effects, { searchPathVaries }: Pick<JudgeContext, 'searchPathVaries'>): boolean =>
  effect.settings.some((name) => name === 'search_path' || name === '*') ||
  effect.kinds.some((kind) => kind === 'ddl' || kind === 'procedural' || kind === 'unknown') ||
  effect.functions.some(mayActUnseen) ||
  effect.command === 'DISCARD TEMP' || // a temporary table no longer stands before the one of its name
  (searchPathVaries && effect.kinds.includes('transaction') && transactionEnds.test(effect.command ?? ''));

const changesReading = (effect: Effects, { readingVaries }: JudgeContext): boolean =>
  effect.settings.some((name) => readingSettings.has(name)) ||
  effect.functions.some(mayActUnseen) ||
  (readingVaries && effect.kinds.includes('transaction') && transactionEnds.test(effect.command ?? ''));
