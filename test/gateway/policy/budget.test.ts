import { expect, test } from 'vitest';
import type { Budgets } from '../../../src/contract/index.ts';
import { HourMeter, SessionBudget } from '../../../src/gateway/policy/budget.ts';

let now = 0;
const minutes = (count: number): number => count * 60_000;
const budgetOf = (budgets: Budgets | undefined, hour = new HourMeter(() => now)) =>
  new SessionBudget(() => budgets, hour);

test('a budget that is used up says by what', () => {
  const budget = budgetOf({ perSession: { rowsRead: 100, statements: 10 }, over: 'ask' });
  budget.add({ statements: 1, rowsRead: 99, bytes: 5000 });
  expect(budget.overrun()).toBeNull();
  budget.add({ statements: 1, rowsRead: 1 });
  expect(budget.overrun()).toEqual({
    over: 'ask',
    reason: 'This session has used up its budget: 100 rows read, of 100.',
  });
});

test('relations count once, however often they are touched', () => {
  const budget = budgetOf({ perSession: { relations: 2 }, over: 'terminate' });
  budget.add({ relations: ['public.a', 'public.a'] });
  budget.add({ relations: ['public.a'] });
  expect(budget.overrun()).toBeNull();
  budget.add({ relations: ['public.b'] });
  expect(budget.overrun()?.over).toBe('terminate');
});

test('the hour is shared by the sessions of an agent, and moves', () => {
  now = minutes(1000);
  const hour = new HourMeter(() => now);
  const budgets: Budgets = { perHour: { rowsWritten: 10 }, over: 'ask' };
  budgetOf(budgets, hour).add({ rowsWritten: 6 });
  now += minutes(30);
  const second = budgetOf(budgets, hour);
  second.add({ rowsWritten: 4 });
  expect(second.overrun()?.reason).toBe('In the last hour, this agent has used up its budget: 10 rows written, of 10.');
  now += minutes(30);
  expect(second.overrun()).toBeNull(); // the first six are an hour old
});

test('an approval gives the same amount once more, as often as it takes', () => {
  const budget = budgetOf({ perSession: { bytes: 100 }, over: 'ask' });
  budget.add({ bytes: 350 });
  budget.extend();
  expect(budget.overrun()).toBeNull();
  budget.add({ bytes: 50 });
  expect(budget.overrun()?.reason).toContain('400 bytes of results, of 400');
});

test('without budgets nothing is ever over', () => {
  const budget = budgetOf(undefined);
  budget.add({ rowsRead: 1e12 });
  budget.extend();
  expect(budget.overrun()).toBeNull();
});
