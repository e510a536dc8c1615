import type { BudgetAmounts, Budgets } from '../../contract/index.ts';

/** What was used up by one statement, or a part of it. */
export type Usage = Readonly<Partial<Record<Exclude<keyof BudgetAmounts, 'relations'>, number>>> & {
  readonly relations?: readonly string[];
};

/** A budget that is used up. */
export interface Overrun {
  readonly over: Budgets['over'];
  /** For the agent and the operator: what was used, and how much there was. */
  readonly reason: string;
}

type Amount = keyof BudgetAmounts;

const words: Readonly<Record<Amount, string>> = {
  statements: 'statements run',
  rowsRead: 'rows read',
  rowsWritten: 'rows written',
  bytes: 'bytes of results',
  relations: 'different relations touched',
};

/** Counts what is used over all time it lives. */
export class Meter {
  readonly #used: Record<Exclude<Amount, 'relations'>, number> = {
    statements: 0,
    rowsRead: 0,
    rowsWritten: 0,
    bytes: 0,
  };
  readonly #relations = new Set<string>();

  add({ relations = [], ...usage }: Usage): void {
    for (const [amount, count] of Object.entries(usage) as [Exclude<Amount, 'relations'>, number][]) {
      this.#used[amount] += count;
    }
    for (const relation of relations) this.#relations.add(relation);
  }

  used(amount: Amount): number {
    return amount === 'relations' ? this.#relations.size : this.#used[amount];
  }

  relations(): Iterable<string> {
    return this.#relations;
  }
}

const bucketMs = 60_000;
const buckets = 60;

/** Counts what is used within the last 60 minutes, a minute at a time. */
export class HourMeter {
  readonly #clock: () => number;
  #minutes: { readonly minute: number; readonly meter: Meter }[] = [];

  /** `clock` gives milliseconds that never jump. */
  constructor(clock: () => number) {
    this.#clock = clock;
  }

  add(usage: Usage): void {
    const minute = Math.floor(this.#clock() / bucketMs);
    this.#forget(minute);
    const last = this.#minutes.at(-1);
    if (last?.minute === minute) return last.meter.add(usage);
    const meter = new Meter();
    meter.add(usage);
    this.#minutes.push({ minute, meter });
  }

  used(amount: Amount): number {
    this.#forget(Math.floor(this.#clock() / bucketMs));
    const meters = this.#minutes.map(({ meter }) => meter);
    if (amount === 'relations') return new Set(meters.flatMap((meter) => [...meter.relations()])).size;
    return meters.reduce((sum, meter) => sum + meter.used(amount), 0);
  }

  #forget(now: number): void {
    this.#minutes = this.#minutes.filter(({ minute }) => minute > now - buckets);
  }
}

/**
 * The budgets of one session: its own and its agent's share of the hour. The operator who is asked and approves gives the
 * same amount once more.
 */
export class SessionBudget {
  readonly #budgets: () => Budgets | undefined;
  readonly #session = new Meter();
  readonly #hour: HourMeter;
  /** How often each budget was given: 1 at first. */
  readonly #grants = { perSession: 1, perHour: 1 };

  /** `budgets` as they are configured now; `hour` is shared by the sessions of an agent on a connection. */
  constructor(budgets: () => Budgets | undefined, hour: HourMeter) {
    this.#budgets = budgets;
    this.#hour = hour;
  }

  add(usage: Usage): void {
    this.#session.add(usage);
    this.#hour.add(usage);
  }

  /** The budget that is used up, or null. A statement that used the last of it was the last to run unasked. */
  overrun(): Overrun | null {
    const budgets = this.#budgets();
    if (budgets === undefined) return null;
    return (
      this.#check(budgets, 'perSession', this.#session, 'This session has') ??
      this.#check(budgets, 'perHour', this.#hour, 'In the last hour, this agent has')
    );
  }

  /** The operator approved a statement over budget. */
  extend(): void {
    const budgets = this.#budgets();
    for (const [scope, meter] of [
      ['perSession', this.#session],
      ['perHour', this.#hour],
    ] as const) {
      const amounts = budgets?.[scope];
      while (amounts !== undefined && this.#exceeded(amounts, meter, this.#grants[scope]) !== null)
        this.#grants[scope] += 1;
    }
  }

  #check(budgets: Budgets, scope: 'perSession' | 'perHour', meter: Meter | HourMeter, who: string): Overrun | null {
    const amounts = budgets[scope];
    const grants = this.#grants[scope];
    const amount = amounts === undefined ? null : this.#exceeded(amounts, meter, grants);
    if (amounts === undefined || amount === null) return null;
    const limit = (amounts[amount] ?? 0) * grants;
    return {
      over: budgets.over,
      reason: `${who} used up its budget: ${meter.used(amount)} ${words[amount]}, of ${limit}.`,
    };
  }

  #exceeded(amounts: BudgetAmounts, meter: Meter | HourMeter, grants: number): Amount | null {
    const limited = Object.entries(amounts) as [Amount, number | undefined][];
    return limited.find(([amount, limit]) => limit !== undefined && meter.used(amount) >= limit * grants)?.[0] ?? null;
  }
}
