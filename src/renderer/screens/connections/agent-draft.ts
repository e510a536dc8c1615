import { type AgentView, agentGroups, type Scope, scope as scopeSchema } from '../../../contract/index.ts';
import { namesOf } from '../../parts/names.ts';

/** What an agent is for, as the form holds it. */
export interface AgentDraft {
  readonly connections: readonly string[];
  readonly readOnly: boolean;
  /** Names with commas between them. */
  readonly schemas: string;
  /** As `datetime-local` has it, in this machine's time; empty for no end. */
  readonly until: string;
  /** The end as it was, to the millisecond: it stays while the field still shows it. Null when there was none. */
  readonly untilBefore: string | null;
  /** Names with commas between them. */
  readonly groups: string;
}

export const draftOf = ({ connections, scope, groups }: AgentView): AgentDraft => ({
  connections,
  readOnly: scope?.readOnly ?? false,
  schemas: scope?.schemas?.join(', ') ?? '',
  until: scope?.validUntil === undefined ? '' : localTime(new Date(scope.validUntil)),
  untilBefore: scope?.validUntil ?? null,
  groups: groups.join(', '),
});

export const emptyAgent: AgentDraft = {
  connections: [],
  readOnly: false,
  schemas: '',
  until: '',
  untilBefore: null,
  groups: '',
};

/** What a draft says, or what is wrong with it, by field. */
export interface AgentBounds {
  /** Null when nothing bounds the key. */
  readonly scope: Scope | null;
  readonly groups: string[];
  readonly problems: { readonly until?: string; readonly groups?: string };
}

/** Reads a draft. `now` in milliseconds since the epoch: an end has to be ahead. */
export function boundsOf({ readOnly, schemas, until, untilBefore, groups }: AgentDraft, now: number): AgentBounds {
  const names = namesOf(schemas);
  const kept = untilBefore !== null && until === localTime(new Date(untilBefore)) ? untilBefore : until;
  const ends = kept === '' ? null : new Date(kept);
  const wanted = namesOf(groups);
  const wrongEnd = ends === null ? undefined : endProblem(ends, now);
  const problems = {
    ...(wrongEnd !== undefined && { until: wrongEnd }),
    ...(!agentGroups.safeParse(wanted).success && { groups: 'At most 50 names of at most 200 characters' }),
  };
  const bounded = readOnly || names.length > 0 || ends !== null;
  if (!bounded || wrongEnd !== undefined) return { scope: null, groups: wanted, problems };
  const scope = scopeSchema.parse({
    readOnly,
    ...(names.length === 0 ? {} : { schemas: names }),
    ...(ends === null ? {} : { validUntil: ends.toISOString() }),
  });
  return { scope, groups: wanted, problems };
}

function endProblem(ends: Date, now: number): string | undefined {
  if (Number.isNaN(ends.getTime())) return 'Give day and time';
  return ends.getTime() <= now ? 'This is in the past' : undefined;
}

/** Day and time for a `datetime-local` field, to the minute. */
function localTime(at: Date): string {
  const local = new Date(at.getTime() - at.getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 16);
}
